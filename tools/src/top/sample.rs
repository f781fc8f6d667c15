//! What was seen of a ring at one moment: plain values, copied out of shared memory.
//!
//! Nothing of it is trusted: every value may be anything, and is only counted with.

use std::sync::atomic::Ordering;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use tickline_shared::attach::{Observed, ObservedReader};
use tickline_shared::clock::{ClockKind, monotonic_ns};
use tickline_shared::latency::LiveLatency;
use tickline_shared::ring::counters::{FeedCounts, ReaderCounts};
use tickline_shared::scenario::ReaderMode;

/// A ring and its feed.
#[derive(Clone, Debug)]
pub struct RingSample {
    /// `CLOCK_MONOTONIC` ns of the look.
    pub at_ns: u64,
    /// The ring's name.
    pub name: String,
    /// Slots of the ring.
    pub slots: u64,
    /// What its stamps count.
    pub clock: ClockKind,
    /// The feed's process; 0 where the kernel cannot name it here.
    pub pid: i32,
    /// When the ring was made, ns since the Unix epoch: tells a feed from the one before it.
    pub started_unix_ns: u64,
    /// Whether the feed hung up.
    pub gone: bool,
    /// Records of the whole run, once it has ended.
    pub ended: Option<u64>,
    /// `CLOCK_MONOTONIC` ns of the feed's last sign of life.
    pub heartbeat_ns: u64,
    /// Bytes of the source that were read.
    pub source_done: u64,
    /// Bytes that it has in all; 0 where it has no end.
    pub source_total: u64,
    /// What it counted.
    pub counts: FeedCounts,
    /// Its readers.
    pub readers: Vec<ReaderSample>,
}

/// A reader of a ring.
#[derive(Clone, Debug)]
pub struct ReaderSample {
    /// The strategy's name.
    pub name: String,
    /// Its process; 0 where the feed could not name it.
    pub pid: i32,
    /// Whether the feed waits for it.
    pub mode: ReaderMode,
    /// Whether it is attached.
    pub attached: bool,
    /// Whether its process is there.
    pub alive: bool,
    /// Records it is done with.
    pub cursor: u64,
    /// `CLOCK_MONOTONIC` ns of its last sign of life.
    pub heartbeat_ns: u64,
    /// What it counted.
    pub counts: ReaderCounts,
    /// Its latencies; `None` where they could not be read whole.
    pub live: Option<Box<LiveLatency>>,
}

impl RingSample {
    /// Copies what a ring shows; its readers are to follow.
    pub fn of(observed: &Observed, gone: bool) -> RingSample {
        let (identity, progress) = (&observed.header.identity, &observed.header.progress);
        // Relaxed, here and below: each figure stands for itself.
        RingSample {
            at_ns: monotonic_ns(),
            name: observed.geometry.name.clone(),
            slots: observed.geometry.slots as u64,
            clock: observed.geometry.clock,
            pid: observed.connection.feed_pid(),
            started_unix_ns: identity.started_unix_ns.load(Ordering::Relaxed),
            gone,
            ended: progress.ended.load(Ordering::Relaxed).checked_sub(1),
            heartbeat_ns: progress.heartbeat_ns.load(Ordering::Relaxed),
            source_done: progress.source_done.load(Ordering::Relaxed),
            source_total: progress.source_total.load(Ordering::Relaxed),
            counts: observed.header.counters.read(),
            readers: Vec::new(),
        }
    }
}

impl ReaderSample {
    /// Copies what a reader shows.
    pub fn of(reader: &ObservedReader, attached: bool) -> ReaderSample {
        ReaderSample {
            name: reader.name.clone(),
            pid: reader.pid,
            mode: reader.mode,
            attached,
            alive: is_alive(reader.pid),
            cursor: reader.region.cursor.0.load(Ordering::Relaxed),
            heartbeat_ns: reader.region.heartbeat_ns.0.load(Ordering::Relaxed),
            counts: reader.region.counters.read(),
            live: reader.region.live.read().map(Box::new),
        }
    }
}

/// Whether a process is there; one without a number is believed to be.
fn is_alive(pid: i32) -> bool {
    let found = Pid::from_raw(pid).map(test_kill_process);
    found != Some(Err(Errno::SRCH))
}
