//! The ring: one writer, many readers, each at its own pace.
//!
//! Every byte of it has exactly one writer: the feed writes header and slots, each reader writes
//! its own small region. What another process wrote is checked before it is used.

pub(crate) mod sync;

pub mod slot;

pub mod park;

#[cfg(not(loom))]
pub mod counters;

#[cfg(not(loom))]
pub mod layout;

#[cfg(not(loom))]
pub mod writer;

#[cfg(not(loom))]
pub mod reader;

pub use slot::Record;
