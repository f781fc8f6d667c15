//! The table of instruments in shared memory.
//!
//! ```text
//!  instrument memory   (the feed writes, all others map it read-only)
//!  0        count      entries that are there; then entries left out, and the venue's own status
//!  4096     index      131,072 places, by a hash of the symbol: the number of an entry, from 1
//!  528384   entries    65,536 of them, 128 bytes each, in the order in which they came
//!
//!  entry
//!  0      symbol       constant once the entry is in the index, as is
//!  8      name
//!  40     tick
//!  48     lot u32, price decimals u8, quantity decimals u8, 0 u16
//!  56     0
//!  64     statuses     by topic: the `id` of the record that would say it; 0: as usual
//! ```
//!
//! Entries are added and never taken away. What changes within one is a word of its own, so nobody
//! waits for anybody: a reader sees each word as it was or as it is. The version of the ring's layout
//! counts for this one as well.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::listing::{Listing, NO_DECIMALS};
use super::name::{NAME_BYTES, Name};
use crate::msg::Topic;
use crate::units::{Price, Symbol};

/// Instruments that a table holds: as many as a feed tells apart.
pub const INSTRUMENTS_MAX: usize = 1 << 16;

/// Places of the index: half of them stay free, so that a search ends soon.
const INDEX: usize = 2 * INSTRUMENTS_MAX;
const INDEX_BITS: u32 = INDEX.ilog2();

/// Topics that an entry has a word for.
pub(super) const TOPICS: usize = 8;
const _: () = assert!(Topic::ALL.len() <= TOPICS);

/// Instrument memory.
#[repr(C, align(4096))]
pub struct Table {
    pub(super) count: AtomicU64,
    /// Instruments for which there was no entry.
    pub(super) left_out: AtomicU64,
    /// The `id` of the venue's own last status; 0: none came.
    pub(super) venue: AtomicU64,
    unused: [AtomicU64; 509],
    index: [AtomicU32; INDEX],
    entries: [Entry; INSTRUMENTS_MAX],
}

/// An instrument.
#[repr(C, align(128))]
pub(super) struct Entry {
    symbol: AtomicU64,
    name: [AtomicU64; NAME_BYTES / 8],
    tick: AtomicU64,
    sizes: AtomicU64,
    unused: AtomicU64,
    pub(super) statuses: [AtomicU64; TOPICS],
}

const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(Table, index) == 4096);
    assert!(offset_of!(Table, entries) == 528_384);
    assert!(size_of::<Table>() == 528_384 + 128 * INSTRUMENTS_MAX);
    assert!(size_of::<Entry>() == 128);
    assert!(offset_of!(Entry, sizes) == 48);
    assert!(offset_of!(Entry, statuses) == 64);
};

impl Table {
    /// Entries that are there; never more than there is room for, whatever the memory says.
    pub(super) fn len(&self) -> usize {
        // Acquire: the entries below the count are written.
        let count = self.count.load(Ordering::Acquire);
        usize::try_from(count).map_or(INSTRUMENTS_MAX, |count| count.min(INSTRUMENTS_MAX))
    }

    /// An entry by its number.
    pub(super) fn entry(&self, number: usize) -> Option<&Entry> {
        self.entries.get(number)
    }

    /// The number of the entry of a symbol.
    pub(super) fn find(&self, symbol: Symbol) -> Option<usize> {
        self.search(symbol).ok()
    }

    /// The number of the entry of a symbol, or the place in the index that is free for it. A damaged
    /// index costs time, but has an end.
    fn search(&self, symbol: Symbol) -> Result<usize, Option<usize>> {
        let word = u64::from_le_bytes(symbol.0);
        // 2^64 over the golden ratio, odd: symbols that differ in any byte differ in the upper bits.
        let home = (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - INDEX_BITS)) as usize;
        for place in (home..INDEX).chain(0..home) {
            // Acquire: the entry that it leads to is written.
            let Some(number) = self.index[place].load(Ordering::Acquire).checked_sub(1) else {
                return Err(Some(place));
            };
            let number = number as usize;
            if self.entry(number).is_some_and(|entry| entry.is_of(word)) {
                return Ok(number);
            }
        }
        Err(None)
    }

    /// Adds an entry, and its number; `None` where there is no room. Only the one writer may call it,
    /// for a symbol that has none.
    pub(super) fn add(&self, symbol: Symbol, listing: &Listing) -> Option<usize> {
        let number = self.len();
        let (entry, Err(Some(place))) = (self.entry(number)?, self.search(symbol)) else {
            return None;
        };
        entry.write(symbol, listing);
        // Release, both: whoever sees the count or the place sees the entry.
        self.count.store(number as u64 + 1, Ordering::Release);
        self.index[place].store(number as u32 + 1, Ordering::Release);
        Some(number)
    }

    /// Fills words as a damaged writer may.
    #[cfg(test)]
    pub(super) fn damage(&self, mut word: impl FnMut() -> u64) {
        self.count.store(word(), Ordering::Relaxed);
        self.index.iter().for_each(|place| place.store(word() as u32, Ordering::Relaxed));
        for entry in &self.entries {
            entry.symbol.store(word(), Ordering::Relaxed);
            entry.name.iter().for_each(|part| part.store(word(), Ordering::Relaxed));
            entry.sizes.store(word(), Ordering::Relaxed);
            entry.statuses.iter().for_each(|status| status.store(word(), Ordering::Relaxed));
        }
    }
}

impl Entry {
    fn is_of(&self, symbol: u64) -> bool {
        // Relaxed: made visible by what led here, and constant since.
        self.symbol.load(Ordering::Relaxed) == symbol
    }

    pub(super) fn symbol(&self) -> Symbol {
        // Relaxed: as above.
        Symbol(self.symbol.load(Ordering::Relaxed).to_le_bytes())
    }

    fn write(&self, symbol: Symbol, listing: &Listing) {
        // Relaxed: nobody looks here before the entry is added.
        self.symbol.store(u64::from_le_bytes(symbol.0), Ordering::Relaxed);
        for (word, bytes) in self.name.iter().zip(listing.name().bytes().as_chunks::<8>().0) {
            word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        self.say(listing);
    }

    /// Shows what a listing says besides the name.
    pub(super) fn say(&self, listing: &Listing) {
        let tick = listing.tick().unwrap_or(Price::NONE);
        let decimals = |decimals: Option<u8>| u64::from(decimals.unwrap_or(NO_DECIMALS));
        let sizes = u64::from(listing.lot().unwrap_or(0))
            | decimals(listing.price_decimals()) << 32
            | decimals(listing.quantity_decimals()) << 40;
        // Relaxed: each word stands for itself.
        self.tick.store(tick.0 as u64, Ordering::Relaxed);
        self.sizes.store(sizes, Ordering::Relaxed);
    }

    /// What is known of the instrument besides its statuses.
    pub(super) fn listing(&self) -> Listing {
        // Relaxed: the name is made visible by what led here; the others stand for themselves.
        let mut name = [0; NAME_BYTES];
        for (bytes, word) in name.as_chunks_mut::<8>().0.iter_mut().zip(&self.name) {
            *bytes = word.load(Ordering::Relaxed).to_le_bytes();
        }
        let [a, b, c, d, price_decimals, quantity_decimals, ..] =
            self.sizes.load(Ordering::Relaxed).to_le_bytes();
        Listing::new(Name(name))
            .with_tick(Price(self.tick.load(Ordering::Relaxed) as i64))
            .with_lot(u32::from_le_bytes([a, b, c, d]))
            .with_price_decimals(price_decimals)
            .with_quantity_decimals(quantity_decimals)
    }
}
