//! Units as types: prices, symbols and times.
//!
//! Every type here is a plain integer or byte array, valid for every bit pattern, so that it can
//! lie in shared memory and be read from there without a check.

use std::fmt;
use std::str::FromStr;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A price in 1e-9 of the currency unit: exact for every venue that tickline reads.
///
/// [`Price::NONE`] stands for "no price" (an empty side of a book).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Price(pub i64);

impl Price {
    /// No price: an empty side of a book, a message that has none.
    pub const NONE: Price = Price(i64::MAX);

    /// Units of 1e-9 in one currency unit.
    pub const SCALE: i64 = 1_000_000_000;

    /// From a price with 4 implied decimals (ITCH `Price(4)`, IEX).
    #[inline]
    pub const fn from_e4(value: u32) -> Price {
        Price(value as i64 * 100_000)
    }

    /// From a signed price with 4 implied decimals, as IEX sends it. One that does not fit becomes the
    /// greatest or the least that does; none becomes [`Price::NONE`].
    #[inline]
    pub const fn from_signed_e4(value: i64) -> Price {
        match value.saturating_mul(100_000) {
            i64::MAX => Price(i64::MAX - 1),
            price => Price(price),
        }
    }

    /// `None` for [`Price::NONE`].
    #[inline]
    pub fn get(self) -> Option<i64> {
        (self != Price::NONE).then_some(self.0)
    }

    /// In currency units, for people: not exact. NaN for [`Price::NONE`].
    pub fn as_f64(self) -> f64 {
        self.get().map_or(f64::NAN, |value| value as f64 / Price::SCALE as f64)
    }
}

/// Exact decimal, at least two and at most nine decimals, `-` for no price.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.get() else { return f.pad("-") };
        let sign = if value < 0 { "-" } else { "" };
        let scale = Price::SCALE as u64;
        let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
        let digits = format!("{fraction:09}");
        let decimals = digits.trim_end_matches('0').len().max(2);
        f.pad(&format!("{sign}{whole}.{}", &digits[..decimals]))
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A symbol: ASCII, left-justified, padded with NUL to 8 bytes. Aligned, so that it is moved and
/// compared as one word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(8))]
pub struct Symbol(pub [u8; 8]);

impl Symbol {
    /// No symbol: the record concerns the whole venue.
    pub const NONE: Symbol = Symbol([0; 8]);

    /// From a space-padded field, as the venues write it. Without a branch on the length: a byte
    /// of padding is turned into NUL, wherever it stands.
    #[inline]
    pub const fn from_padded(field: [u8; 8]) -> Symbol {
        // Symbols hold no inner spaces, so every space is padding. A byte that equals 0x20 becomes
        // zero in the exclusive or; `zero` then has the top bit set of exactly those bytes.
        const SPACES: u64 = 0x2020_2020_2020_2020;
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let word = u64::from_le_bytes(field);
        let x = word ^ SPACES;
        let zero = !(((x & LOW) + LOW) | x | LOW);
        let mask = (zero >> 7).wrapping_mul(0xff);
        Symbol((word & !mask).to_le_bytes())
    }

    /// The name without its padding; bytes that are not printable ASCII show as `?`.
    pub fn name(&self) -> String {
        let end = self.0.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        let shown = |&b: &u8| if b.is_ascii_graphic() || b == b' ' { b as char } else { '?' };
        self.0[..end].iter().map(shown).collect()
    }
}

/// A symbol is 1 to 8 printable ASCII characters without spaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no symbol: expected 1 to 8 printable ASCII characters without spaces")]
pub struct NotASymbol(pub String);

impl FromStr for Symbol {
    type Err = NotASymbol;

    fn from_str(name: &str) -> Result<Symbol, NotASymbol> {
        let valid = (1..=8).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        if !valid {
            return Err(NotASymbol(name.to_owned()));
        }
        let mut symbol = Symbol::NONE;
        symbol.0[..name.len()].copy_from_slice(name.as_bytes());
        Ok(symbol)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name(), f)
    }
}

/// A time with three digits or more, in the unit that fits: `87 ns`, `1.25 us`, `3600 s`.
pub fn print_nanos(ns: u64) -> String {
    let (unit, name) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1e3, "us"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = ns as f64 / unit;
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {name}")
}

/// With a comma between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    let grouped = digits
        .char_indices()
        .map(|(at, digit)| if comma(at) { format!(",{digit}") } else { digit.to_string() });
    grouped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_print_exactly() {
        let check = |price: Price, expected: &str| assert_eq!(price.to_string(), expected);
        check(Price::from_e4(873_900), "87.39");
        check(Price::from_e4(1), "0.0001");
        check(Price::from_e4(2_000_000_000), "200000.00");
        check(Price::from_signed_e4(-1), "-0.0001");
        check(Price::from_signed_e4(i64::MAX), "9223372036.854775806");
        check(Price(-1), "-0.000000001");
        check(Price::NONE, "-");
    }

    #[test]
    fn padding_becomes_nul_and_nothing_else_changes() {
        let check = |field: &[u8; 8], name: &str| {
            assert_eq!(Symbol::from_padded(*field).name(), name);
        };
        check(b"IVOO    ", "IVOO");
        check(b"BRK.A   ", "BRK.A");
        check(b"ABCDEFGH", "ABCDEFGH");
        check(b"        ", "");
        check(b"A!~\x00    ", "A!~");
        assert_eq!(Symbol::from_padded(*b"\xa0\x21\x1f    Z").0, *b"\xa0\x21\x1f\0\0\0\0Z");
        assert_eq!("IVOO".parse::<Symbol>().unwrap(), Symbol::from_padded(*b"IVOO    "));
        for wrong in ["", "ABCDEFGHI", "A B", "Ä"] {
            assert!(wrong.parse::<Symbol>().is_err(), "{wrong}");
        }
    }
}
