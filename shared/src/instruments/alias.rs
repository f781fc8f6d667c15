//! Symbols for names that are none.
//!
//! ```text
//!  1000SATSUSDT   1000~6AB   the first four characters, a mark, and three digits of a hash
//!                 100~96AB   where that is taken: fewer characters and more digits
//! ```
//!
//! The same name has the same alias in every run, on every machine and in every version, unless
//! another name of the table took it before.

use super::name::Name;
use crate::units::Symbol;

/// Stands between the characters of the name and the digits.
const MARK: u8 = b'~';

/// The symbol by which records call the instrument `name`: the name itself where it is a symbol and
/// nobody has it, or else an alias. `taken` says which symbols stand for other instruments of the
/// table, of which there are fewer than 36^7. [`Symbol::NONE`] for [`Name::NONE`].
pub fn alias(name: &Name, taken: impl Fn(Symbol) -> bool) -> Symbol {
    if *name == Name::NONE {
        return Symbol::NONE;
    }
    if let Some(symbol) = name.symbol().filter(|symbol| !taken(*symbol)) {
        return symbol;
    }
    let hash = hash(name.bytes());
    let tries = [
        abbreviate(name, &digits::<3>(hash)),
        abbreviate(name, &digits::<4>(hash)),
        abbreviate(name, &digits::<5>(hash)),
        abbreviate(name, &digits::<6>(hash)),
    ];
    let more = (0..).map(|turn| abbreviate(name, &digits::<7>(hash.wrapping_add(turn))));
    let mut free = tries.into_iter().chain(more).filter(|symbol| !taken(*symbol));
    free.next().unwrap_or(Symbol::NONE)
}

/// As many characters of the name as there is room for before the mark and the digits.
fn abbreviate(name: &Name, digits: &[u8]) -> Symbol {
    let mut symbol = Symbol::NONE;
    let room = symbol.0.len() - 1 - digits.len();
    let shown = name.bytes().iter().filter(|byte| byte.is_ascii_graphic()).take(room);
    for (place, byte) in symbol.0.iter_mut().zip(shown.chain(&[MARK]).chain(digits)) {
        *place = *byte;
    }
    symbol
}

/// FNV-1a of 64 bits ("The FNV Non-Cryptographic Hash Algorithm", draft-eastlake-fnv), then mixed, as
/// its upper bits hardly depend on the last characters. It is part of what names look like: it never
/// changes.
pub(super) fn hash(text: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    // The padding of a name is none of it.
    let text = text.iter().filter(|&&byte| byte != 0);
    let hash = text.fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    // 2^64 over the golden ratio, odd.
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

/// The last digits of a number to the base of 36.
pub(super) fn digits<const N: usize>(mut number: u64) -> [u8; N] {
    let mut digits = [0; N];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(number % 36) as usize];
        number /= 36;
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn of(name: &str) -> String {
        alias(&Name::of(name), |_| false).to_string()
    }

    /// These never change: recorded files and strategies know them.
    #[test]
    fn aliases_are_the_same_everywhere() {
        for (name, expected) in [
            ("IVOO", "IVOO"),
            ("BTCUSDT", "BTCUSDT"),
            ("1000SATSUSDT", "1000~6AB"),
            ("1000PEPEUSDT", "1000~J4O"),
            ("ESZ5-ESH6", "ESZ5~L5A"),
            ("BRK B", "BRKB~IB7"),
            ("A B", "AB~9R0"),
            ("AAPL  240119C00100000", "AAPL~Q2R"),
            ("", ""),
        ] {
            assert_eq!(of(name), expected);
        }
    }

    #[test]
    fn an_alias_that_is_taken_gives_way_to_longer_digits() {
        let name = Name::of("1000SATSUSDT");
        let mut taken = HashSet::new();
        let mut next = || {
            let alias = alias(&name, |symbol| taken.contains(&symbol));
            assert!(taken.insert(alias));
            alias.to_string()
        };
        let given: Vec<_> = (0..6).map(|_| next()).collect();
        let expected = ["1000~6AB", "100~96AB", "10~O96AB", "1~ZO96AB", "~WZO96AB", "~WZO96AC"];
        assert_eq!(given, expected);
    }

    #[test]
    fn a_symbol_that_is_taken_gets_an_alias() {
        let meta: Symbol = "META".parse().unwrap();
        let alias = alias(&Name::from(meta), |symbol| symbol == meta);
        assert_eq!(alias.to_string(), "META~SX9");
    }

    proptest! {
        #[test]
        fn no_two_names_of_a_table_share_an_alias(
            names in proptest::collection::hash_set("[AB ]{0,3}[ -~]{0,30}", 0..200),
        ) {
            let names: HashSet<_> = names.iter().map(Name::of).filter(|n| *n != Name::NONE).collect();
            let mut taken = HashSet::new();
            for name in &names {
                let alias = alias(name, |symbol| taken.contains(&symbol));
                let text = alias.to_string();
                prop_assert_eq!(text.parse(), Ok(alias), "an alias is a symbol");
                prop_assert!(taken.insert(alias));
            }
        }
    }
}
