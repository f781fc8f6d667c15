//! What was seen of a ring at one moment: plain values, copied out of shared memory.
//!
//! Nothing of it is trusted: every value may be anything, and is only counted with.

use std::sync::atomic::Ordering;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::{Observed, ObservedReader};
use crate::clock::{ClockKind, monotonic_ns};
use crate::latency::LiveLatency;
use crate::ring::counters::{FeedCounts, ReaderCounts, counted};
use crate::ring::layout::{Geometry, Header};
use crate::scenario::ReaderMode;

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
    /// The venue's name; empty where the ring does not say it.
    pub venue: String,
    /// What it dropped because a check failed: reason and how often, those that occurred.
    pub malformed: Vec<(u8, u64)>,
    /// Messages that it does not know: type and how many, those that occurred.
    pub unknown: Vec<(u8, u64)>,
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
    /// Its latencies; `None` where they were never read whole.
    pub live: Option<Box<LiveLatency>>,
}

impl RingSample {
    /// Copies what an observer sees of a ring; its readers are to follow.
    pub fn observed(observed: &Observed, gone: bool) -> RingSample {
        let pid = observed.connection.feed_pid();
        RingSample { gone, ..RingSample::of(&observed.header, &observed.geometry, pid) }
    }

    /// Copies what the ring of process `pid` shows; its readers are to follow.
    pub fn of(header: &Header, geometry: &Geometry, pid: i32) -> RingSample {
        let (identity, progress) = (&header.identity, &header.progress);
        // Relaxed, here and below: each figure stands for itself.
        RingSample {
            at_ns: monotonic_ns(),
            name: geometry.name.clone(),
            slots: geometry.slots as u64,
            clock: geometry.clock,
            pid,
            started_unix_ns: identity.started_unix_ns.load(Ordering::Relaxed),
            gone: false,
            ended: progress.ended.load(Ordering::Relaxed).checked_sub(1),
            heartbeat_ns: progress.heartbeat_ns.load(Ordering::Relaxed),
            source_done: progress.source_done.load(Ordering::Relaxed),
            source_total: progress.source_total.load(Ordering::Relaxed),
            counts: header.counters.read(),
            venue: geometry.venue.clone(),
            malformed: counted(&header.malformed.0),
            unknown: counted(&header.unknown.0),
            readers: Vec::new(),
        }
    }
}

impl ReaderSample {
    /// Copies what a reader shows.
    pub fn of(reader: &ObservedReader, attached: bool) -> ReaderSample {
        // Acquire: counters that come with a sign of life are at least as new as that.
        let heartbeat_ns = reader.region.heartbeat_ns.0.load(Ordering::Acquire);
        ReaderSample {
            name: reader.name.clone(),
            pid: reader.pid,
            mode: reader.mode,
            attached,
            alive: is_alive(reader.pid),
            cursor: reader.region.cursor.0.load(Ordering::Relaxed),
            heartbeat_ns,
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
