//! What the feed and the strategies of one host must agree on: the record, the ring that carries
//! it, how a process attaches to it, and the instruments (clock, counters, latency) both write.
//!
//! The modules stand in the order in which data flows.

pub mod units;

pub mod msg;

pub mod book;

pub mod scenario;

pub mod summary;

pub mod exit;
