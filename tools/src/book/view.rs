//! Which books are shown, and how much of each.

use std::cmp::Reverse;

use tickline_shared::book::{Level, State};
use tickline_shared::instruments::Instruments;
use tickline_shared::msg::{Side, Status};
use tickline_shared::units::Symbol;

use super::keep::{Keep, Known};

/// What was asked for.
pub struct Choice {
    /// Only these; empty: all.
    pub symbols: Vec<Symbol>,
    /// How many at most, of all.
    pub limit: Option<usize>,
    /// Levels of each side at most.
    pub depth: Option<usize>,
}

/// What is shown.
pub struct View {
    /// Whether a level's number of orders is known.
    pub counts_orders: bool,
    pub books: Vec<OneBook>,
    /// Symbols that have a book and are not shown.
    pub more: usize,
    /// Symbols that are not shown because their book is empty.
    pub empty: usize,
}

/// A book as it is shown.
pub struct OneBook {
    pub symbol: Symbol,
    /// Decimals of its quantities, which count the last of them.
    pub quantity_decimals: u8,
    pub state: State,
    pub stale: bool,
    /// The status that says that it does not trade.
    pub halt: Option<Status>,
    pub bids: Levels,
    pub asks: Levels,
    pub records: u64,
    /// The venue's clock at the last record; `None` where there was none.
    pub last_ts: Option<u64>,
}

/// The best levels of a side.
pub struct Levels {
    pub best: Vec<Level>,
    /// How many there are in all.
    pub count: usize,
}

impl View {
    /// The symbols that were asked for as they were, or those with a book: the most active first, of
    /// equally active ones by name.
    pub fn of(keep: &Keep, choice: &Choice, instruments: &Instruments) -> View {
        let (mut more, mut empty) = (0, 0);
        let chosen: Vec<Known> = if choice.symbols.is_empty() {
            let has_book = |known: &&Known| keep.top(known).state() != State::Empty;
            let mut full: Vec<Known> = keep.known().iter().filter(has_book).copied().collect();
            empty = keep.known().len() - full.len();
            full.sort_by_key(|known| (Reverse(known.records), known.symbol));
            let shown = choice.limit.unwrap_or(usize::MAX).min(full.len());
            more = full.len() - shown;
            full.truncate(shown);
            full
        } else {
            choice.symbols.iter().map(|symbol| keep.of(*symbol)).collect()
        };
        let books = chosen.iter().map(|known| OneBook {
            quantity_decimals: decimals(instruments, known.symbol),
            ..OneBook::of(keep, known, choice.depth)
        });
        View { counts_orders: keep.streams().orders, books: books.collect(), more, empty }
    }
}

impl OneBook {
    fn of(keep: &Keep, known: &Known, depth: Option<usize>) -> OneBook {
        let levels = |side| {
            let mut best = keep.depth(known, side);
            let count = best.len();
            best.truncate(depth.unwrap_or(usize::MAX));
            Levels { best, count }
        };
        OneBook {
            symbol: known.symbol,
            quantity_decimals: 0,
            state: keep.top(known).state(),
            stale: keep.is_stale(known),
            halt: known.halt(),
            bids: levels(Side::Bid),
            asks: levels(Side::Ask),
            records: known.records,
            last_ts: (known.records > 0).then_some(known.last_ts),
        }
    }
}

fn decimals(instruments: &Instruments, symbol: Symbol) -> u8 {
    let known = instruments.get(symbol);
    known.and_then(|known| known.listing.quantity_decimals()).unwrap_or(0)
}
