//! From records in the ring to a strategy's decision, timed at every hop.
//!
//! A strategy of your own is a type with one method and a `main` of one line; see
//! `examples/spread.rs`, and `examples/round_lot.rs` for one that knows its instruments. The modules stand
//! in the order in which data flows.

pub mod scenario;

pub mod idle;

pub mod wake_up;

pub mod run;

pub mod signals;

pub mod breakdown;

pub mod recorder;

pub mod spikes;

pub mod log;

pub mod strategies;

pub mod process;

pub use process::main;
pub use run::{Strategy, Tick};
pub use signals::Signals;
