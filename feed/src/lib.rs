//! From a venue's bytes to records in the ring.
//!
//! The modules stand in the order in which data flows.

pub mod scenario;

pub mod source;

pub mod framing;

pub mod session;

pub mod venue;

pub mod counts;

#[macro_use]
pub mod stream;

pub mod playlist;

pub mod pace;

pub mod instruments;

pub mod books;

pub mod publish;

pub mod look_ahead;

pub mod pipeline;

pub mod play;

pub mod offline;

pub mod report;

pub mod metrics;

pub mod process;

pub mod inspect;

pub mod export;

pub mod generate;
