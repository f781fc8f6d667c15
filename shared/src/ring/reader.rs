//! The reading end.

use core::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::{MembarrierCommand, futex, membarrier};
use rustix::time::Timespec;

use super::layout::{Header, ReaderRegion};
use super::park::{self, Barrier};
use super::slot::{Look, Record, Slot};
use crate::memory::Shared;
use crate::prefetch::prefetch;

/// What a poll found.
#[derive(Debug)]
pub enum Poll {
    /// The next record.
    Record(Record),
    /// Nothing new.
    Empty,
    /// The writer was faster by a whole ring: records are lost, and the next poll gives the first
    /// one that is still there.
    Overrun {
        /// The number of the first record lost.
        first: u64,
        /// How many.
        lost: u64,
    },
}

/// Why a parked reader returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parked {
    /// A record was there already; it did not sleep.
    Ready,
    /// Somebody woke it.
    Woken,
    /// Nobody did within the time-out.
    TimedOut,
}

/// A reader that is behind asks for slots so many records ahead: their lines come from the writer's
/// cache while it is at work. Rings of 256 and 1,024 slots streamed 62 and 65 million records a second
/// without, 62 and 86 with 12 slots, 122 and 125 with 32, and no more with 96.
pub const AHEAD: u64 = 32;

/// A reader that found so many records in a row is behind. Asked for sooner, slots are taken from under
/// a writer that is about to fill them: with 1,024 of them that halved the throughput.
pub const STREAK: u64 = 256;

/// One reader of a ring.
pub struct Reader {
    slots: Shared<[Slot]>,
    header: Shared<Header>,
    region: Shared<ReaderRegion>,
    /// Index of the reader's wake word.
    index: usize,
    /// The number of the record to be read next.
    next: u64,
    /// From this record on it counts as behind, unless it finds nothing before.
    ahead_from: u64,
    barrier: Barrier,
}

impl Reader {
    /// A reader of `slots` whose first record is number `start`.
    ///
    /// # Panics
    /// Where `slots` is no power of two or `index` is no reader's.
    pub fn new(
        slots: Shared<[Slot]>,
        header: Shared<Header>,
        region: Shared<ReaderRegion>,
        index: usize,
        start: u64,
        barrier: Barrier,
    ) -> Reader {
        assert!(slots.len().is_power_of_two() && index < header.wake.len());
        Reader { slots, header, region, index, next: start, ahead_from: start + STREAK, barrier }
    }

    #[inline(always)]
    fn slot(&self) -> &Slot {
        // The length is a power of two, so the mask is in bounds and the check folds away.
        &self.slots[self.next as usize & (self.slots.len() - 1)]
    }

    /// Looks for the next record without blocking.
    #[inline(always)]
    pub fn poll(&mut self) -> Poll {
        match self.slot().read(self.next) {
            Look::Ready(record) => {
                if self.next >= self.ahead_from {
                    // The mask as in `slot`.
                    let later = (self.next + AHEAD) as usize & (self.slots.len() - 1);
                    prefetch(&self.slots[later]);
                }
                self.next += 1;
                Poll::Record(record)
            }
            Look::NotYet => {
                self.ahead_from = self.next + STREAK;
                Poll::Empty
            }
            Look::Lapped { number } => self.skip_to(number),
        }
    }

    /// Whole laps were lost: the slot that was to be read holds `number` now.
    #[cold]
    fn skip_to(&mut self, number: u64) -> Poll {
        let (first, lost) = (self.next, number - self.next);
        self.next = number;
        Poll::Overrun { first, lost }
    }

    /// Gives every slot below the next record back to the writer.
    #[inline(always)]
    pub fn release(&self) {
        // Release: the writer overwrites a slot only after all loads from it are done.
        self.region.cursor.0.store(self.next, Ordering::Release);
    }

    /// Whether the next poll will find something.
    pub fn ready(&self) -> bool {
        self.slot().has(self.next)
    }

    /// The number of the record to be read next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// A record that was read before, if the writer has not replaced it yet.
    #[cold]
    pub fn again(&self, number: u64) -> Option<Record> {
        if number >= self.next {
            return None;
        }
        match self.slots[number as usize & (self.slots.len() - 1)].read(number) {
            Look::Ready(record) => Some(record),
            Look::NotYet | Look::Lapped { .. } => None,
        }
    }

    /// How many records from the next one on were published by `until` cycles. Looks at a few
    /// slots, not at all of them.
    #[cold]
    pub fn queued(&self, until: u64) -> u64 {
        let mask = self.slots.len() - 1;
        let published = |number: u64| match self.slots[number as usize & mask].read(number) {
            Look::Ready(record) => record.publish <= until,
            Look::NotYet => false,
            Look::Lapped { .. } => true,
        };
        // Publishing runs in order: double the distance, then halve what is in doubt.
        let mut beyond = 1;
        while beyond < self.slots.len() as u64 && published(self.next + beyond - 1) {
            beyond *= 2;
        }
        let (mut least, mut most) = (beyond / 2, beyond);
        while least < most {
            let middle = (least + most).div_ceil(2);
            match published(self.next + middle - 1) {
                true => least = middle,
                false => most = middle - 1,
            }
        }
        least
    }

    /// How many records the ring holds.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Whether the feed ended its run and every record of it was read.
    pub fn finished(&self) -> bool {
        // Acquire: pairs with the writer's store after its last commit.
        let ended = self.header.progress.ended.load(Ordering::Acquire);
        ended != 0 && self.next >= ended - 1
    }

    /// The reader's own memory.
    pub fn region(&self) -> &ReaderRegion {
        &self.region
    }

    /// A handle with which another thread of this process can wake the reader.
    pub fn waker(&self) -> Waker {
        Waker { header: self.header.clone(), index: self.index }
    }

    /// Sleeps until the writer commits a record, somebody calls [`Waker::wake`], or the time-out.
    pub fn park(&self, timeout: Duration) -> Parked {
        let (park, wake) = (&self.region.park.0, self.wake_word());
        let ticket = park::announce(park, wake);
        match self.barrier {
            Barrier::Membarrier => {
                // Cannot fail: it was tried when the reader attached.
                let _ = membarrier(MembarrierCommand::GlobalExpedited);
            }
            // SeqCst: orders the announcement before the second look at the slot.
            Barrier::Fence => fence(Ordering::SeqCst),
        }
        let parked = if self.slot().has(self.next) || self.finished() {
            Parked::Ready
        } else {
            let timeout = Timespec {
                tv_sec: timeout.as_secs() as i64,
                tv_nsec: i64::from(timeout.subsec_nanos()),
            };
            // Not private: the feed wakes through another mapping of the same page.
            match futex::wait(wake, futex::Flags::empty(), ticket, Some(&timeout)) {
                Err(Errno::TIMEDOUT) => Parked::TimedOut,
                _ => Parked::Woken,
            }
        };
        park::withdraw(park, wake);
        parked
    }

    fn wake_word(&self) -> &AtomicU32 {
        &self.header.wake[self.index].0
    }
}

/// Wakes a parked reader from another thread of its process.
#[derive(Clone)]
pub struct Waker {
    header: Shared<Header>,
    index: usize,
}

impl Waker {
    /// Wakes the reader if it sleeps. A reader that is about to sleep may miss it and then sleeps
    /// for its time-out.
    pub fn wake(&self) {
        let _ = futex::wake(&self.header.wake[self.index].0, futex::Flags::empty(), u32::MAX);
    }
}

/// Whether this process may make other processes' cores run a barrier.
pub fn membarrier_works() -> bool {
    membarrier(MembarrierCommand::GlobalExpedited).is_ok()
}
