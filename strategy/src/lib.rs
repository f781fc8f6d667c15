//! From records in the ring to a strategy's decision, timed at every hop.

pub mod scenario;
