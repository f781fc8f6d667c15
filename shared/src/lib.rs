//! What the feed and the strategies of one host must agree on: the record, the ring that carries
//! it, how a process attaches to it, and the gauges (clock, counters, latency) both write.
//!
//! The modules stand in the order in which data flows.

pub mod units;

pub mod msg;

#[cfg(not(loom))]
pub mod symbols;

#[cfg(not(loom))]
pub mod instruments;

pub mod prefetch;

#[cfg(not(loom))]
pub mod book;

#[cfg(not(loom))]
pub mod clock;

#[cfg(not(loom))]
pub mod memory;

pub mod ring;

#[cfg(not(loom))]
pub mod attach;

#[cfg(not(loom))]
pub mod recording;

#[cfg(not(loom))]
pub mod latency;

#[cfg(not(loom))]
pub mod scenario;

#[cfg(not(loom))]
pub mod summary;

#[cfg(not(loom))]
pub mod allocations;

#[cfg(not(loom))]
pub mod idle_states;

#[cfg(not(loom))]
pub mod process;

pub mod exit;
