//! What the next messages will need from memory, asked for while this one is handled.
//!
//! In two steps, since where a level is stands in two lines that have to come first: of the order and
//! of its side of the book.

use tickline_shared::book::{Ahead, Book};

use crate::framing::AHEAD;

/// Messages between the second step and the one that needs it. The first is [`AHEAD`] of it.
const NEAR: u64 = 4;

/// A place for each message that was shown and not handled.
const ROOM: usize = (AHEAD as usize + 1).next_power_of_two();

/// Messages that were shown ahead, until their levels are asked for. Numbers count messages.
#[derive(Debug)]
pub struct LookAhead {
    coming: [Ahead; ROOM],
    handled: u64,
    asked: u64,
    shown: u64,
}

impl LookAhead {
    /// A message comes soon: the next one that was not shown yet.
    #[inline(always)]
    pub fn show(&mut self, book: &Book, ahead: Option<Ahead>) {
        let ahead = ahead.unwrap_or(Ahead::NONE);
        book.prefetch(&ahead);
        self.coming[self.shown as usize % ROOM] = ahead;
        self.shown += 1;
    }

    /// The next message is about to be handled.
    #[inline(always)]
    pub fn step(&mut self, book: &Book) {
        self.handled += 1;
        while self.asked < self.shown.min(self.handled + NEAR) {
            book.prefetch_levels(&self.coming[self.asked as usize % ROOM]);
            self.asked += 1;
        }
        // Some are handled that were not shown.
        self.shown = self.shown.max(self.handled);
        self.asked = self.asked.max(self.handled);
    }
}

impl Default for LookAhead {
    fn default() -> LookAhead {
        LookAhead { coming: [Ahead::NONE; ROOM], handled: 0, asked: 0, shown: 0 }
    }
}
