//! Parking without a fence on the writer's path.
//!
//! Two words, each with one writer: the reader announces in its `park` word that it will sleep,
//! the feed answers in its `wake` word. The reader is parked while they differ.
//!
//! ```text
//!  reader: park = wake + 1 ─ barrier ─ look at the slot again ─ sleep while wake is unchanged
//!  writer: commit the slot ─ (barrier) ─ park != last wake?  then wake = park, futex wake
//! ```
//!
//! Each side stores one word and loads the other's. Without a full barrier between on both sides,
//! either may miss the other, and the reader sleeps on a record that is there. The reader's
//! barrier is `membarrier`, which makes the writer's core run one too: so the writer's costs
//! nothing. Where the kernel has none, the writer pays with a fence.

use super::sync::{AtomicU32, Ordering, fence};

/// Who executes the barrier on behalf of the writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Barrier {
    /// The parking reader, with `membarrier`; the writer executes nothing.
    Membarrier,
    /// Each side its own fence.
    Fence,
}

/// Announces that the reader will sleep; the answer is the value of `wake` to sleep on.
/// The caller executes its barrier next, and then looks again.
pub fn announce(park: &AtomicU32, wake: &AtomicU32) -> u32 {
    // Relaxed: `wake` is compared again by the kernel before the reader sleeps.
    let ticket = wake.load(Ordering::Relaxed);
    // Relaxed: the barrier that follows orders it.
    park.store(ticket.wrapping_add(1), Ordering::Relaxed);
    ticket
}

/// Takes the announcement back, after a wake-up or because a record had come.
pub fn withdraw(park: &AtomicU32, wake: &AtomicU32) {
    // Relaxed: a writer that sees the old value wakes a reader that is awake, which is harmless.
    park.store(wake.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// The writer's look after a commit: the announcement to answer, if there is one.
#[inline(always)]
pub fn announced(park: &AtomicU32, last_wake: u32, barrier: Barrier) -> Option<u32> {
    if barrier == Barrier::Fence {
        // SeqCst: orders the commit before the load of `park`, as the reader's fence orders its
        // announcement before its second look at the slot.
        fence(Ordering::SeqCst);
    }
    // Relaxed: with `membarrier` the reader's call has ordered it.
    let value = park.load(Ordering::Relaxed);
    (value != last_wake).then_some(value)
}

/// The writer's answer. The caller wakes the futex next.
pub fn answer(wake: &AtomicU32, announced: u32) {
    // Release: pairs with nothing that is read through it; the slot carries its own ordering.
    wake.store(announced, Ordering::Release);
}
