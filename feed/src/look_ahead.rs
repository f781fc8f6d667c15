//! What the next messages will need from memory, asked for while this one is handled.
//!
//! In two steps, since where a level is stands in two lines that have to come first: of the order and
//! of its side of the book.

use tickline_shared::book::{Ahead, Asked, Book};

use crate::framing::AHEAD;

/// A place for each message that was shown and not handled.
const ROOM: usize = (AHEAD as usize + 1).next_power_of_two();

/// Messages that were shown ahead. Numbers count messages.
#[derive(Debug)]
pub struct LookAhead {
    coming: [Asked; ROOM],
    handled: usize,
    /// Those before it have been through the second step.
    asked: usize,
    shown: usize,
}

impl LookAhead {
    /// A message comes soon: the next one that was not shown yet.
    #[inline(always)]
    pub fn show(&mut self, book: &Book, ahead: Option<Ahead>) {
        self.coming[self.shown % ROOM] = book.prefetch(&ahead.unwrap_or(Ahead::NONE));
        self.shown += 1;
    }

    /// The levels of so many messages are needed soon.
    #[inline(always)]
    pub fn near(&mut self, book: &Book, messages: usize) {
        let until = self.shown.min(self.handled + messages);
        for number in self.asked..until {
            book.prefetch_level(&self.coming[number % ROOM]);
        }
        self.asked = self.asked.max(until);
    }

    /// So many messages are about to be handled, of which some may not have been shown.
    #[inline(always)]
    pub fn handle(&mut self, messages: usize) {
        self.handled += messages;
        self.shown = self.shown.max(self.handled);
        self.asked = self.asked.max(self.handled);
    }
}

impl Default for LookAhead {
    fn default() -> LookAhead {
        LookAhead { coming: [Asked::NOTHING; ROOM], handled: 0, asked: 0, shown: 0 }
    }
}
