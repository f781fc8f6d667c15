//! From a symbol to its row: the first symbols seen, or those that the scenario names.
//!
//! Open addressing in a table that is at most a quarter full: no symbols that a venue may send
//! make a look-up take more than all rows, and no number of them makes it grow.

use tickline_shared::units::Symbol;

/// Symbols that have a row of their own, at most.
pub const SYMBOLS_MAX: usize = 64;

/// The first row of a symbol; before it stand those of all others, and of records without one.
pub const FIRST_SYMBOL: usize = 2;

const OTHER_ROW: usize = 0;
const NO_SYMBOL_ROW: usize = 1;

/// Bits of a place in the table.
const PLACE_BITS: u32 = 8;
const PLACES: usize = 1 << PLACE_BITS;
const _: () = assert!(PLACES >= 4 * SYMBOLS_MAX && SYMBOLS_MAX + FIRST_SYMBOL <= 256);

/// 2^64 over the golden ratio, odd: spreads symbols that differ in any byte over the upper bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which symbol has which row.
pub(super) struct Symbols {
    /// Symbols as words; 0, which is no symbol, where a place is free.
    words: [u64; PLACES],
    rows: [u8; PLACES],
    named: Vec<Symbol>,
    names_max: usize,
}

impl Symbols {
    /// Rows for these symbols, at most [`SYMBOLS_MAX`]; for the first seen where there are none.
    pub(super) fn new(wanted: &[Symbol]) -> Symbols {
        let mut symbols = Symbols {
            words: [0; PLACES],
            rows: [0; PLACES],
            named: Vec::with_capacity(SYMBOLS_MAX),
            names_max: SYMBOLS_MAX,
        };
        wanted.iter().for_each(|symbol| {
            symbols.row(*symbol);
        });
        if !wanted.is_empty() {
            symbols.names_max = symbols.named.len();
        }
        symbols
    }

    /// All rows that there may be.
    pub(super) fn rows(&self) -> usize {
        FIRST_SYMBOL + self.names_max
    }

    /// The symbols of the rows from [`FIRST_SYMBOL`] on.
    pub(super) fn named(&self) -> &[Symbol] {
        &self.named
    }

    /// The row of a symbol, which it gets if one is left.
    #[inline(always)]
    pub(super) fn row(&mut self, symbol: Symbol) -> usize {
        let word = u64::from_le_bytes(symbol.0);
        if symbol == Symbol::NONE {
            return NO_SYMBOL_ROW;
        }
        let mut place = (word.wrapping_mul(SPREAD) >> (u64::BITS - PLACE_BITS)) as usize;
        loop {
            match self.words[place] {
                found if found == word => return usize::from(self.rows[place]),
                0 if self.named.len() == self.names_max => return OTHER_ROW,
                0 => return self.add(place, symbol),
                _ => place = (place + 1) % PLACES,
            }
        }
    }

    #[cold]
    fn add(&mut self, place: usize, symbol: Symbol) -> usize {
        let row = FIRST_SYMBOL + self.named.len();
        // It has room for all that there may be.
        self.named.push(symbol);
        self.words[place] = u64::from_le_bytes(symbol.0);
        self.rows[place] = row as u8;
        row
    }
}
