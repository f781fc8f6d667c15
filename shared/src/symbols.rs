//! Dense numbers for symbols, in order of appearance: where a venue calls its instruments by name,
//! they index tables as another venue's own numbers do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::units::Symbol;

/// The numbers given so far. None of them changes or is given twice.
#[derive(Clone, Debug)]
pub struct Symbols {
    numbers: HashMap<u64, u16, BuildHasherDefault<SymbolHasher>>,
}

impl Symbols {
    /// Room for so many symbols, in memory that is touched here; more are taken as they come, at the
    /// cost of a pause.
    pub fn with_capacity(symbols: usize) -> Symbols {
        let mut numbers = HashMap::with_capacity_and_hasher(symbols, <_>::default());
        // Filled once, so that no page of the table is missing when a new symbol comes.
        numbers.extend((0..symbols as u64).map(|name| (name, 0)));
        numbers.clear();
        Symbols { numbers }
    }

    /// The number of a symbol that has one.
    #[inline]
    pub fn get(&self, symbol: Symbol) -> Option<u16> {
        self.numbers.get(&key(symbol)).copied()
    }

    /// The number of a symbol, which gets the next one at its first appearance. `None` where all
    /// 65,536 numbers are given.
    #[inline]
    pub fn number(&mut self, symbol: Symbol) -> Option<u16> {
        match self.get(symbol) {
            None => self.next(symbol),
            known => known,
        }
    }

    #[cold]
    fn next(&mut self, symbol: Symbol) -> Option<u16> {
        let next = u16::try_from(self.numbers.len()).ok()?;
        self.numbers.insert(key(symbol), next);
        Some(next)
    }
}

#[inline]
fn key(symbol: Symbol) -> u64 {
    u64::from_le_bytes(symbol.0)
}

/// One multiplication, both halves of the product: symbols come from a venue, not from an
/// attacker, and the default hash costs more than the rest of an Add.
#[derive(Debug, Default)]
struct SymbolHasher(u64);

impl Hasher for SymbolHasher {
    #[inline]
    fn write_u64(&mut self, key: u64) {
        // Odd and without a pattern: the fraction of the square root of two.
        let product = u128::from(key) * 0x6a09_e667_f3bc_c909;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0 ^ u64::from(byte));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_end() {
        let symbol = |n: u32| Symbol(u64::from(n).to_le_bytes());
        let mut symbols = Symbols::with_capacity(4);
        for round in 0..2 {
            for n in 0..=u32::from(u16::MAX) {
                assert_eq!(symbols.number(symbol(n)), Some(n as u16), "round {round}");
            }
            assert_eq!(symbols.number(symbol(1 << 16)), None);
        }
        assert_eq!((symbols.get(symbol(7)), symbols.get(symbol(1 << 16))), (Some(7), None));
    }
}
