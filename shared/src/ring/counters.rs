//! Counters that processes show each other, named as in `summary.json`.
//!
//! Each stands for itself: a copy of them is not of one moment, but no counter runs backwards
//! while its process lives. Nothing here is trusted by whoever reads it.

use core::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Defines counters in shared memory and a copy of them.
macro_rules! counters {
    (
        $(#[$doc:meta])* $shown:ident as $copy:ident, aligned to $align:literal
        { $($(#[$field_doc:meta])* $field:ident,)* }
    ) => {
        $(#[$doc])*
        #[repr(C, align($align))]
        pub struct $shown { $($(#[$field_doc])* pub $field: AtomicU64,)* }

        #[doc = concat!("A copy of [`", stringify!($shown), "`].")]
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
        pub struct $copy { $($(#[$field_doc])* pub $field: u64,)* }

        impl $shown {
            /// Copies every counter.
            pub fn read(&self) -> $copy {
                // Relaxed: each counter stands for itself.
                $copy { $($field: self.$field.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// The feed's counters, shown every thousand messages and whenever it waits.
    FeedCounters as FeedCounts, aligned to 256 {
        /// Venue messages delivered.
        messages,
        /// Datagrams of the venue.
        packets,
        /// Bytes of messages.
        bytes,
        /// Records written into the ring; the slots know better, this lags.
        published,
        /// Gaps in the sequence.
        gaps,
        /// Messages missing in them.
        gap_messages,
        /// Messages that had been seen.
        duplicates,
        /// Messages dropped because a check failed.
        malformed,
        /// Messages of a type that the feed does not know.
        unknown,
        /// Sessions seen; a reset counts as a new one.
        sessions,
        /// Packets that carried no message.
        heartbeats,
        /// Times the feed had to wait for a lossless reader.
        ring_full,
        /// Readers woken.
        wakes,
    }
}

counters! {
    /// A reader's counters, shown ten times a second and whenever it sleeps.
    ReaderCounters as ReaderCounts, aligned to 128 {
        /// Records given to the strategy.
        received,
        /// Records overwritten before they were read.
        lost,
        /// Times that happened.
        overruns,
        /// Times it slept.
        parks,
        /// Times the feed woke it.
        wakeups,
        /// Samples outside of the histograms' range.
        clamped,
    }
}

/// Numbered reasons for which a feed drops input; its program knows their names.
pub const REASONS_MAX: usize = 16;

/// [`FeedCounters::malformed`] by reason.
#[repr(C, align(256))]
pub struct Reasons(pub [AtomicU64; REASONS_MAX]);

/// [`FeedCounters::unknown`] by the first byte that names a message's type.
#[repr(C, align(2048))]
pub struct Types(pub [AtomicU64; 256]);

/// Copies those that are not 0, each with its number.
pub fn counted(counters: &[AtomicU64]) -> Vec<(u8, u64)> {
    // Relaxed: each counter stands for itself.
    let counts = counters.iter().map(|counter| counter.load(Ordering::Relaxed));
    (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0).collect()
}
