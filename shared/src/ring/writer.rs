//! The writing end.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::thread::{MembarrierCommand, futex, membarrier};
use zerocopy::FromZeros;

use super::layout::{Header, READERS_MAX, ReaderRegion};
use super::park::{self, Barrier};
use super::slot::{Record, Slot};
use crate::clock::monotonic_ns;
use crate::memory::Shared;
use crate::msg::Msg;
use crate::scenario::ReaderMode;

/// Records between two looks at what changes seldom: readers that come and go, the position that
/// monitors see. At 20 million records a second this is every 13 µs.
const SERVICE_EVERY: u64 = 256;

/// A reader as the writer knows it.
pub struct Member {
    /// Index of its wake word.
    pub index: usize,
    /// Whether the writer waits for it.
    pub mode: ReaderMode,
    /// Its memory.
    pub region: Shared<ReaderRegion>,
    /// Who executes the barrier when it parks.
    pub barrier: Barrier,
    /// What the writer last stored into its wake word.
    last_wake: u32,
    /// Its cursor as last seen; never runs backwards, never past the writer.
    cursor: u64,
}

/// A change of the readers, made by the thread that serves the socket.
pub enum Change {
    /// A reader attached: the writer answers with the number of its first record.
    Join {
        /// Index of its wake word.
        index: usize,
        /// Whether the writer waits for it.
        mode: ReaderMode,
        /// Its memory, which nobody else has yet.
        region: Shared<ReaderRegion>,
        /// Who executes the barrier when it parks.
        barrier: Barrier,
        /// Where the answer goes.
        start: SyncSender<u64>,
    },
    /// A reader's process is gone.
    Leave {
        /// Index of its wake word.
        index: usize,
    },
}

/// Changes that the writer has not seen yet.
#[derive(Default)]
pub struct Roster {
    changed: AtomicBool,
    changes: Mutex<Vec<Change>>,
}

impl Roster {
    /// Leaves a change for the writer, which takes it within `SERVICE_EVERY` records or at once
    /// when it is idle.
    pub fn push(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        // Release: the writer that sees the mark sees the change.
        self.changed.store(true, Ordering::Release);
    }

    fn take(&self) -> Vec<Change> {
        // Acquire: pairs with `push`.
        if !self.changed.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.changed.store(false, Ordering::Relaxed);
        std::mem::take(&mut changes)
    }
}

/// The one writer of a ring.
pub struct Writer {
    slots: Shared<[Slot]>,
    header: Shared<Header>,
    /// The number of the record to be made visible next.
    next: u64,
    /// Records that are staged, of which the first waits here.
    staged: u64,
    first: Record,
    /// The number at which the writer must look up: the ring may be full, or service is due.
    look_up_at: u64,
    members: Vec<Member>,
    roster: Arc<Roster>,
    /// Whether this process may be asked for barriers by the parking readers.
    registered: bool,
    wakes: u64,
    ring_full: u64,
    /// The number of the record that last found the ring full: a stall counts once.
    stalled_at: u64,
}

impl Writer {
    /// The writer of an empty ring.
    ///
    /// # Panics
    /// Where `slots` is no power of two.
    pub fn new(slots: Shared<[Slot]>, header: Shared<Header>, roster: Arc<Roster>) -> Writer {
        assert!(slots.len().is_power_of_two());
        Writer {
            slots,
            header,
            next: 0,
            staged: 0,
            first: Record {
                number: 0,
                msg: Msg::new_zeroed(),
                exchange_ts: 0,
                ingress: 0,
                publish: 0,
            },
            look_up_at: 0,
            members: Vec::with_capacity(READERS_MAX),
            roster,
            registered: membarrier(MembarrierCommand::RegisterGlobalExpedited).is_ok(),
            wakes: 0,
            ring_full: 0,
            stalled_at: u64::MAX,
        }
    }

    /// Publishes a record, or says that the slowest lossless reader must catch up first.
    ///
    /// The number is the writer's to give: `record.number` is ignored.
    #[inline(always)]
    pub fn publish(&mut self, mut record: Record) -> Result<(), Full> {
        debug_assert_eq!(self.staged, 0, "what is staged comes before");
        if self.next == self.look_up_at {
            self.look_up()?;
        }
        record.number = self.next;
        self.slot(self.next).write(&record);
        self.next += 1;
        self.wake_sleepers();
        Ok(())
    }

    /// Takes a record that [`Writer::commit`] makes visible, together with those staged before; [`Full`]
    /// where the slowest lossless reader must catch up first, which may need those.
    ///
    /// Its number is the writer's to give, and the stamp that of the commit: both are ignored.
    #[inline(always)]
    pub fn stage(&mut self, record: &Record) -> Result<(), Full> {
        let number = self.next + self.staged;
        if number == self.look_up_at {
            self.look_up()?;
        }
        match self.staged {
            0 => self.first = *record,
            _ => self.slot(number).fill(record),
        }
        self.staged += 1;
        Ok(())
    }

    /// Makes visible what was staged, all of it published at this moment, and wakes whoever sleeps.
    ///
    /// A reader that has read everything looks at the slot of the first record again and again. It gets
    /// the line once, at the very end, and then finds the others complete: were they to come in their
    /// order, it would take each line away before it is (2 to 7 % of what the whole product does).
    /// Asking for slots 24 ahead of what is staged, to write into them, gave 3 to 8 % more where books
    /// are kept, and took 24 % where records are only passed on.
    #[inline(always)]
    pub fn commit(&mut self, publish: u64) {
        let (first, end) = (self.next, self.next + self.staged);
        for number in (first + 1..end).rev() {
            self.slot(number).commit(number, publish);
        }
        if first < end {
            self.slot(first).write(&Record { number: first, publish, ..self.first });
        }
        (self.next, self.staged) = (end, 0);
        self.wake_sleepers();
    }

    #[inline(always)]
    fn slot(&self, number: u64) -> &Slot {
        // The length is a power of two, so the mask is in bounds and the check folds away.
        &self.slots[number as usize & (self.slots.len() - 1)]
    }

    #[inline(always)]
    fn wake_sleepers(&mut self) {
        for member in &mut self.members {
            let park = &member.region.park.0;
            if let Some(announced) = park::announced(park, member.last_wake, member.barrier) {
                self.wakes += wake(&self.header, member, announced);
            }
        }
    }

    /// Looks at the readers' cursors and does what is due.
    #[cold]
    fn look_up(&mut self) -> Result<(), Full> {
        self.service();
        let capacity = self.slots.len() as u64;
        let number = self.next + self.staged;
        let limit = self.slowest().saturating_add(capacity);
        if limit <= number {
            self.ring_full += u64::from(self.stalled_at != number);
            self.stalled_at = number;
            return Err(Full);
        }
        self.look_up_at = limit.min(number + SERVICE_EVERY);
        Ok(())
    }

    /// Takes readers that came and drops those that went; shows monitors the position. To be
    /// called also while there is nothing to publish.
    #[cold]
    pub fn service(&mut self) {
        for change in self.roster.take() {
            self.apply(change);
        }
        let (progress, counters) = (&self.header.progress, &self.header.counters);
        // Relaxed: for monitors, which need no order among them.
        progress.heartbeat_ns.store(monotonic_ns(), Ordering::Relaxed);
        counters.published.store(self.next, Ordering::Relaxed);
        counters.wakes.store(self.wakes, Ordering::Relaxed);
        counters.ring_full.store(self.ring_full, Ordering::Relaxed);
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Leave { index } => self.members.retain(|member| member.index != index),
            Change::Join { index, mode, region, barrier, start } => {
                let barrier = if self.registered { barrier } else { Barrier::Fence };
                // Relaxed: the reader gets its memory after the answer.
                let last_wake = self.header.wake[index].0.load(Ordering::Relaxed);
                region.park.0.store(last_wake, Ordering::Relaxed);
                region.cursor.0.store(self.next, Ordering::Relaxed);
                let cursor = self.next;
                self.members.push(Member { index, mode, region, barrier, last_wake, cursor });
                // The socket's thread waits for it; if it is gone, so is the reader.
                let _ = start.send(self.next);
            }
        }
        // The new reader may be the slowest.
        self.look_up_at = self.next + self.staged;
        // Relaxed: an observer that sees it asks the socket's thread, which knows already.
        self.header.progress.roster_changes.fetch_add(1, Ordering::Relaxed);
    }

    /// The least cursor of all readers that the writer waits for.
    fn slowest(&mut self) -> u64 {
        let next = self.next;
        let lossless = self.members.iter_mut().filter(|m| m.mode == ReaderMode::Lossless);
        lossless.map(|member| member.advance(next)).min().unwrap_or(next)
    }

    /// Ends the run: readers finish once they have read every record.
    pub fn end(&mut self) {
        self.service();
        // Release: after every commit.
        self.header.progress.ended.store(self.next + 1, Ordering::Release);
        for member in &mut self.members {
            // A wake that nobody needs costs nothing here, and one too few would be a hang.
            self.wakes += wake(&self.header, member, member.last_wake.wrapping_add(1));
        }
        self.service();
    }

    /// The readers attached.
    pub fn readers(&self) -> usize {
        self.members.len()
    }

    /// Records published.
    pub fn published(&self) -> u64 {
        self.next
    }

    /// Readers woken.
    pub fn wakes(&self) -> u64 {
        self.wakes
    }

    /// Records that found the ring full.
    pub fn ring_full(&self) -> u64 {
        self.ring_full
    }

    /// Whether every lossless reader has released every record.
    pub fn drained(&mut self) -> bool {
        self.slowest() == self.next
    }

    /// The ring's header, where the feed shows its counters.
    pub fn header(&self) -> &Header {
        &self.header
    }
}

impl Member {
    /// The cursor, as far as it can be believed: it neither runs back nor past the writer, so that
    /// a damaged reader can at worst lose its own records.
    fn advance(&mut self, next: u64) -> u64 {
        // Acquire: the reader's loads from the slots below its cursor are done.
        let shown = self.region.cursor.0.load(Ordering::Acquire);
        self.cursor = shown.clamp(self.cursor, next);
        self.cursor
    }
}

/// Wakes a reader: one system call for each time it sleeps.
#[cold]
fn wake(header: &Header, member: &mut Member, announced: u32) -> u64 {
    let word = &header.wake[member.index].0;
    member.last_wake = announced;
    park::answer(word, announced);
    let _ = futex::wake(word, futex::Flags::empty(), u32::MAX);
    1
}

/// The ring is full: the slowest lossless reader has not released its oldest record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;
