//! Whether a book is whole: the rules of "How to manage a local order book correctly" (Binance spot
//! API, 2024-08), for what a recording holds in the order in which it was received.
//!
//! A change says which updates it is made of. It must begin where the one before ended, or else there
//! is a gap and the book is not known until a snapshot comes. A snapshot is asked for while changes
//! come in, so it arrives behind some that are newer than it: those are kept until then, and follow
//! it again.

use std::collections::{HashMap, VecDeque};

use super::super::frames::Change;
use crate::instruments::SecurityId;
use crate::session::Gap;

/// Changed levels that are kept while no snapshot has come: some minutes of a busy instrument.
const KEPT_MAX: usize = 1 << 16;

/// Which updates a change is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Updates {
    /// The last one of the change before it.
    pub(super) before: u64,
    /// The last one of its own.
    pub(super) last: u64,
}

/// What is known of the book of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Depth {
    /// The last update before the changes that follow each other without a gap, and the last one of
    /// them; `None` where no change came.
    chain: Option<(u64, u64)>,
    /// Whether a snapshot, and every change since, is in the book.
    pub(super) whole: bool,
}

/// What a change is to the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The first one.
    First,
    /// The book knows it already.
    Old,
    /// It follows.
    Next,
    /// It follows, but for updates that are missing.
    After(Gap),
}

impl Depth {
    /// A change comes.
    pub(super) fn change(&mut self, updates: Updates) -> Step {
        let Updates { before, last } = updates;
        let Some((from, seen)) = self.chain else {
            self.chain = Some((before, last));
            return Step::First;
        };
        if last <= seen {
            return Step::Old;
        }
        if before <= seen {
            self.chain = Some((from, last));
            return Step::Next;
        }
        *self = Depth { chain: Some((before, last)), whole: false };
        Step::After(Gap { first: seen + 1, count: before - seen })
    }

    /// Whether changes of the book come, so that its best levels alone say nothing new.
    pub(super) fn has_changes(&self) -> bool {
        self.chain.is_some()
    }

    /// Whether a snapshot lies among the changes that came, so that it can only be of this book.
    pub(super) fn spans(&self, snapshot: u64) -> bool {
        self.chain.is_some_and(|(from, seen)| (from..=seen).contains(&snapshot))
    }

    /// A snapshot is to be the book, with what followed it. `false` where it is too old: changes behind
    /// it are missing, or not needed any more.
    pub(super) fn take(&mut self, snapshot: u64) -> bool {
        let (from, seen) = self.chain.unwrap_or((snapshot, snapshot));
        if snapshot < from || (self.whole && snapshot < seen) {
            return false;
        }
        *self = Depth { chain: Some((from, seen.max(snapshot))), whole: true };
        true
    }
}

/// The changes of books that are not whole, oldest first.
#[derive(Debug)]
pub(super) struct Kept {
    changes: VecDeque<(SecurityId, Updates, Change)>,
    /// The last update of each instrument of which the change is not kept any more.
    dropped: HashMap<SecurityId, u64>,
}

impl Kept {
    pub(super) fn new() -> Kept {
        Kept { changes: VecDeque::with_capacity(KEPT_MAX), dropped: HashMap::new() }
    }

    /// Keeps the levels of a change; the oldest changes make room for it.
    pub(super) fn keep(&mut self, id: SecurityId, updates: Updates, levels: &[Change]) {
        if levels.len() > KEPT_MAX {
            self.dropped.insert(id, updates.last);
            return;
        }
        while self.changes.len() + levels.len() > KEPT_MAX
            && let Some((id, updates, _)) = self.changes.pop_front()
        {
            self.dropped.insert(id, updates.last);
        }
        self.changes.extend(levels.iter().map(|level| (id, updates, *level)));
    }

    /// Forgets an instrument.
    pub(super) fn forget(&mut self, id: SecurityId) {
        self.changes.retain(|(of, ..)| *of != id);
        self.dropped.remove(&id);
    }

    /// Whether every change of an instrument behind this update is kept.
    pub(super) fn reaches(&self, id: SecurityId, update: u64) -> bool {
        self.dropped.get(&id).is_none_or(|&dropped| dropped <= update)
    }

    /// The levels of an instrument that changed behind this update.
    pub(super) fn after(&self, id: SecurityId, update: u64) -> impl Iterator<Item = &Change> {
        let newer = move |it: &&(SecurityId, Updates, Change)| it.0 == id && it.1.last > update;
        self.changes.iter().filter(newer).map(|(.., level)| level)
    }
}

#[cfg(test)]
mod tests;
