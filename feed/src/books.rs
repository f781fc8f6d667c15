//! What a feed keeps of a venue's messages, in memory taken before the first of them.

use std::io;

use tickline_shared::book::{Book, LevelBook};

use crate::venue::Venue;
use crate::venue::market::Keeps;

/// Instruments whose books have room for their levels from the start: a US venue lists about
/// 11,000. More are taken as they come.
const INSTRUMENTS: usize = 16_384;

/// Price levels that there is room for where a venue sends them: sixteen an instrument, besides those
/// nearest to the touch, which always have room.
const LEVELS: usize = 16 * INSTRUMENTS;

/// The books of a venue: of its orders, and of its price levels where it sends those instead.
#[derive(Debug)]
pub struct Books {
    /// Without memory where the venue sends no orders.
    pub orders: Book,
    /// `None` where it sends no price levels.
    pub levels: Option<LevelBook>,
}

impl Books {
    /// Books with room for so many live orders, where the venue sends orders.
    ///
    /// # Errors
    /// What the kernel says when it has not enough memory.
    pub fn of(venue: Venue, live_orders: usize) -> io::Result<Books> {
        let (live_orders, instruments) = match venue.keeps() {
            Keeps::Orders => (live_orders, INSTRUMENTS),
            Keeps::Levels | Keeps::Quotes | Keeps::Nothing => (0, 0),
        };
        let levels = match venue.keeps() {
            Keeps::Levels => Some(LevelBook::with_capacity(LEVELS, INSTRUMENTS)?),
            Keeps::Orders | Keeps::Quotes | Keeps::Nothing => None,
        };
        Ok(Books { orders: Book::with_capacity(live_orders, instruments)?, levels })
    }

    /// Bytes of memory held.
    pub fn memory_bytes(&self) -> usize {
        self.orders.memory_bytes() + self.levels.as_ref().map_or(0, LevelBook::memory_bytes)
    }
}
