//! The stream of records in the formats of other tools.

pub mod dbn;
