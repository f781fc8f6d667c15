//! What lies where in shared memory.
//!
//! ```text
//!  ring memory   (the feed writes, all others map it read-only)
//!  0      Identity    constant after start; `ready` is stored last
//!  256    Progress    the feed's position and pulse, now and then
//!  512    FeedCounters
//!  768    Reasons     what was malformed
//!  1024   wake[16]    one line each: the futex that reader i sleeps on
//!  2048   Types       what was unknown
//!  4096   slots       64 bytes each, a power of two of them
//!
//!  reader memory (that reader writes, all others map it read-only or only load from it)
//!  0      park        alone on its line: the feed looks at it after every commit
//!  64     cursor      alone on its line: the feed looks at it when the ring seems full
//!  128    ReaderCounters
//!  256    heartbeat
//!  4096   LiveView    the latencies of the last interval and since the start
//! ```
//!
//! Lines that are written at different times by different events stand apart, so that no poll
//! takes a line away from a write that has nothing to do with it.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::clock::{ClockKind, Scale};
use crate::latency::LiveView;
use crate::ring::counters::{FeedCounters, ReaderCounters, Reasons, Types};
use crate::ring::slot::Slot;

/// Readers that one ring serves.
pub const READERS_MAX: usize = 16;

/// The version of everything in this file, of the table of instruments, and of what is passed when
/// a process attaches. A reader refuses another one.
pub const LAYOUT_VERSION: u32 = 4;

/// "tickline", and in the value of `ready` combined with the layout version.
const MAGIC: u64 = u64::from_le_bytes(*b"tickline");

/// Where the slots begin.
pub const SLOTS_OFFSET: usize = 4096;

/// The bytes that a ring of `slots` slots takes.
pub const fn ring_bytes(slots: usize) -> usize {
    SLOTS_OFFSET + slots * size_of::<Slot>()
}

/// What `exchange_ts` counts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Epoch {
    /// 1970-01-01 00:00 UTC.
    Unix = 1,
    /// Midnight at the venue.
    Midnight = 2,
}

/// What a ring carries besides the news of the venue itself (gaps, clears, ends of session).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Streams {
    /// Every order event.
    pub orders: bool,
    /// Best bid and offer.
    pub quotes: bool,
    /// Trades.
    pub trades: bool,
    /// What stands at each price, of a venue that sends price levels.
    pub levels: bool,
}

impl Epoch {
    /// The epoch that a header names.
    pub fn from_number(number: u32) -> Option<Epoch> {
        [Epoch::Unix, Epoch::Midnight].into_iter().find(|epoch| *epoch as u32 == number)
    }
}

impl Streams {
    /// A bit for each stream.
    pub(crate) fn bits(self) -> u32 {
        let bits = [self.orders, self.quotes, self.trades, self.levels];
        bits.iter().rev().fold(0, |bits, on| bits << 1 | u32::from(*on))
    }

    /// From a bit for each stream; others mean nothing.
    pub(crate) fn from_bits(bits: u32) -> Streams {
        let on = |bit: u32| bits & 1 << bit != 0;
        Streams { orders: on(0), quotes: on(1), trades: on(2), levels: on(3) }
    }
}

/// The first page of ring memory.
#[repr(C, align(4096))]
pub struct Header {
    /// Constants of the ring.
    pub identity: Identity,
    /// The feed's position.
    pub progress: Progress,
    /// The feed's counters.
    pub counters: FeedCounters,
    /// What it could not use, by the reason.
    pub malformed: Reasons,
    /// The words that readers sleep on.
    pub wake: [WakeWord; READERS_MAX],
    /// What it does not know, by the type.
    pub unknown: Types,
}

/// Constants of a ring, written before anyone can attach.
#[repr(C, align(256))]
pub struct Identity {
    ready: AtomicU64,
    slots: AtomicU64,
    clock_multiplier: AtomicU64,
    clock_kind: AtomicU32,
    epoch: AtomicU32,
    /// The feed's process, as it sees itself.
    pub pid: AtomicU32,
    streams: AtomicU32,
    /// Nanoseconds since the Unix epoch when the ring was made.
    pub started_unix_ns: AtomicU64,
    name: [AtomicU64; 4],
    venue: [AtomicU64; 4],
}

/// The feed's pulse and position in its source, stored now and then.
#[repr(C, align(256))]
pub struct Progress {
    /// 0 while the feed runs; then one more than the number of records of the whole run.
    pub ended: AtomicU64,
    /// `CLOCK_MONOTONIC` ns of the last sign of life.
    pub heartbeat_ns: AtomicU64,
    /// Bytes of the source that were read.
    pub source_done: AtomicU64,
    /// Bytes that the source has in all; 0 where it has no end.
    pub source_total: AtomicU64,
    /// Readers that came and readers that went: an observer asks anew when it changes.
    pub roster_changes: AtomicU64,
}

/// One reader's futex.
#[repr(C, align(64))]
pub struct WakeWord(pub AtomicU32);

/// A reader's own memory.
#[repr(C, align(4096))]
pub struct ReaderRegion {
    /// The word in which it announces that it sleeps.
    pub park: Line<AtomicU32>,
    /// Records it is done with: those below the cursor may be overwritten.
    pub cursor: Line<AtomicU64>,
    /// What it counted.
    pub counters: ReaderCounters,
    /// `CLOCK_MONOTONIC` ns of its last sign of life.
    pub heartbeat_ns: Line<AtomicU64>,
    /// Its latencies.
    pub live: LiveView,
}

/// A value alone on its cache line.
#[repr(C, align(64))]
pub struct Line<T>(pub T);

const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<Header>() == SLOTS_OFFSET);
    assert!(offset_of!(Header, progress) == 256);
    assert!(offset_of!(Header, counters) == 512);
    assert!(offset_of!(Header, malformed) == 768);
    assert!(offset_of!(Header, wake) == 1024);
    assert!(offset_of!(Header, unknown) == 2048);
    assert!(size_of::<ReaderRegion>() == 8192);
    assert!(offset_of!(ReaderRegion, cursor) == 64);
    assert!(offset_of!(ReaderRegion, counters) == 128);
    assert!(offset_of!(ReaderRegion, heartbeat_ns) == 256);
    assert!(offset_of!(ReaderRegion, live) == 4096);
};

/// The constants of a ring, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// The ring's name, at most 32 bytes.
    pub name: String,
    /// A power of two.
    pub slots: usize,
    /// What the stamps count.
    pub clock: ClockKind,
    /// How long a cycle is.
    pub scale: Scale,
    /// What `exchange_ts` counts from.
    pub epoch: Epoch,
    /// What is in the ring.
    pub streams: Streams,
    /// The venue's name, at most 32 bytes.
    pub venue: String,
}

/// Why a ring's header was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The feed did not finish its header, or the memory is no ring.
    #[error("the memory holds no tickline ring (found {0:#018x} where the mark should be)")]
    NoRing(u64),
    /// The feed is another version.
    #[error(
        "the feed uses ring layout {found}, this program knows {LAYOUT_VERSION}: \
         install the same version of both"
    )]
    Version {
        /// The feed's version.
        found: u32,
    },
    /// A field has a value that no feed writes.
    #[error("the ring's header is damaged: {field} is {value}")]
    Damaged {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
}

impl Identity {
    /// Writes the constants and then the mark that makes them valid.
    pub fn write(&self, geometry: &Geometry) {
        // Relaxed: all of it is made visible by the mark below.
        self.slots.store(geometry.slots as u64, Ordering::Relaxed);
        self.clock_multiplier.store(geometry.scale.multiplier, Ordering::Relaxed);
        self.clock_kind.store(geometry.clock as u32, Ordering::Relaxed);
        self.epoch.store(geometry.epoch as u32, Ordering::Relaxed);
        self.streams.store(geometry.streams.bits(), Ordering::Relaxed);
        self.pid.store(std::process::id(), Ordering::Relaxed);
        self.started_unix_ns.store(crate::clock::unix_ns(), Ordering::Relaxed);
        store(&self.name, &geometry.name);
        store(&self.venue, &geometry.venue);
        // Release: whoever sees the mark sees the constants.
        self.ready.store(MAGIC ^ u64::from(LAYOUT_VERSION), Ordering::Release);
    }

    /// Reads the constants and checks each: the writer may be another version, or no feed.
    /// `bytes` is the size of the whole region.
    pub fn read(&self, bytes: usize) -> Result<Geometry, LayoutError> {
        // Acquire: the constants below are those that the mark made valid.
        let ready = self.ready.load(Ordering::Acquire);
        match ready ^ MAGIC {
            version if version == u64::from(LAYOUT_VERSION) => {}
            version if version < 1 << 16 => {
                return Err(LayoutError::Version { found: version as u32 });
            }
            _ => return Err(LayoutError::NoRing(ready)),
        }
        let damaged = |field, value| LayoutError::Damaged { field, value };
        let slots = self.slots.load(Ordering::Relaxed);
        let fits = |slots: &usize| {
            slots.is_power_of_two() && slots.checked_mul(64).is_some_and(|b| b <= bytes - 4096)
        };
        let slots_checked = usize::try_from(slots).ok().filter(fits);
        let kind = self.clock_kind.load(Ordering::Relaxed);
        let epoch = self.epoch.load(Ordering::Relaxed);
        let multiplier = self.clock_multiplier.load(Ordering::Relaxed);
        if multiplier == 0 {
            return Err(damaged("clock scale", 0));
        }
        Ok(Geometry {
            name: load(&self.name),
            slots: slots_checked.ok_or(damaged("slots", slots))?,
            clock: ClockKind::from_number(kind).ok_or(damaged("clock", kind.into()))?,
            scale: Scale { multiplier },
            epoch: Epoch::from_number(epoch).ok_or(damaged("epoch", epoch.into()))?,
            streams: Streams::from_bits(self.streams.load(Ordering::Relaxed)),
            venue: load(&self.venue),
        })
    }
}

/// Stores a name, or as much of it as there is room for. Relaxed: see [`Identity::write`].
fn store(words: &[AtomicU64; 4], name: &str) {
    let mut bytes = [0; 32];
    let length = name.len().min(32);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    for (word, bytes) in words.iter().zip(bytes.as_chunks::<8>().0) {
        word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
    }
}

/// What [`store`] stored; nothing but printable ASCII comes out.
fn load(words: &[AtomicU64; 4]) -> String {
    let bytes: Vec<u8> =
        words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
    let shown = bytes.iter().take_while(|&&b| b != 0);
    shown.map(|&b| if b.is_ascii_graphic() { b as char } else { '?' }).collect()
}
