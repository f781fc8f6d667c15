//! The name of an instrument as its venue writes it.

use std::fmt;
use std::str::FromStr;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::alias::{digits, hash};
use crate::units::Symbol;

/// Bytes of a [`Name`]. The longest that venues with short names have: CME 20, options by the OSI
/// symbology 21, options of crypto exchanges about 26.
pub const NAME_BYTES: usize = 32;

/// Bytes that are kept of a name that cannot be kept as it is, before the mark and the digits.
const KEPT: usize = NAME_BYTES - 1 - DIGITS;

/// Digits that tell such names apart: 36^8 are 2.8 10^12.
const DIGITS: usize = 8;

/// A name: printable ASCII with inner spaces, padded with NUL. Without one ([`Name::NONE`]) all
/// bytes are NUL.
///
/// Every text has one ([`Name::of`]), and equal names come from equal texts: of one that is longer
/// or not ASCII the first 23 characters are kept, then `~` and eight base-36 digits of its hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct Name(pub(super) [u8; NAME_BYTES]);

impl Name {
    /// No name.
    pub const NONE: Name = Name([0; NAME_BYTES]);

    /// The name in a field of the venue, without the spaces and NULs around it.
    pub fn of(field: impl AsRef<[u8]>) -> Name {
        let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
        let field = field.as_ref();
        let start = field.iter().position(|byte| !is_padding(byte)).unwrap_or(field.len());
        let end = field.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
        let text = &field[start..end];
        let shown = |byte: &u8| matches!(byte, b' '..=b'~');
        let mut name = Name::NONE;
        if text.len() <= NAME_BYTES && text.iter().all(shown) {
            name.0[..text.len()].copy_from_slice(text);
            return name;
        }
        let kept = text.len().min(KEPT);
        for (byte, from) in name.0.iter_mut().zip(&text[..kept]) {
            *byte = if shown(from) { *from } else { b'?' };
        }
        name.0[kept] = b'~';
        name.0[kept + 1..][..DIGITS].copy_from_slice(&digits::<DIGITS>(hash(text)));
        name
    }

    /// The bytes, padded with NUL.
    pub const fn bytes(&self) -> &[u8; NAME_BYTES] {
        &self.0
    }

    /// The text without its padding. A name that came from elsewhere than [`Name::of`] may hold other
    /// bytes than printable ones, which show as `?`.
    pub fn text(&self) -> String {
        let end = self.0.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let shown = |&byte: &u8| if matches!(byte, b' '..=b'~') { byte as char } else { '?' };
        self.0[..end].iter().map(shown).collect()
    }

    /// The same as a symbol, where it is one: 1 to 8 characters without spaces.
    pub fn symbol(&self) -> Option<Symbol> {
        let (head, tail) = self.0.split_first_chunk::<8>()?;
        let end = head.iter().position(|&byte| byte == 0).unwrap_or(head.len());
        let fits = end > 0 && head[..end].iter().all(u8::is_ascii_graphic);
        let padded = head[end..].iter().chain(tail).all(|&byte| byte == 0);
        (fits && padded).then_some(Symbol(*head))
    }
}

impl From<Symbol> for Name {
    #[inline]
    fn from(symbol: Symbol) -> Name {
        let mut name = Name::NONE;
        name.0[..8].copy_from_slice(&symbol.0);
        name
    }
}

/// A text that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of an instrument: expected what the venue calls it")]
pub struct NotAName(pub String);

/// As typed by a person: any text but an empty one.
impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Name, NotAName> {
        let name = Name::of(text);
        if name == Name::NONE { Err(NotAName(text.to_owned())) } else { Ok(name) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_kept_as_they_are_where_they_fit() {
        let check = |field: &str, text: &str, symbol: Option<&str>| {
            let name = Name::of(field);
            assert_eq!(name.text(), text);
            assert_eq!(name.symbol(), symbol.map(|symbol| symbol.parse().unwrap()), "{field}");
        };
        check("IVOO", "IVOO", Some("IVOO"));
        check("IVOO    ", "IVOO", Some("IVOO"));
        check("ABCDEFGH\0\0", "ABCDEFGH", Some("ABCDEFGH"));
        check("ABCDEFGHI", "ABCDEFGHI", None);
        check("BRK B", "BRK B", None);
        check("AAPL  240119C00100000", "AAPL  240119C00100000", None);
        check("", "", None);
        check(" \0 ", "", None);
        check("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", None);
    }

    #[test]
    fn names_that_do_not_fit_are_told_apart() {
        let long = Name::of("0123456789abcdef0123456789abcdefg");
        assert_eq!(long.text(), "0123456789abcdef0123456~N2W2QGAJ");
        assert_ne!(long, Name::of("0123456789abcdef0123456789abcdefh"));
        let chinese = Name::of("币安人生USDT");
        assert_eq!(chinese.text(), "????????????USDT~JEF56FQX");
        assert_ne!(chinese, Name::of("龙虾人生USDT"));
        assert_eq!(Name::of(b"\xff").symbol(), None);
    }

    proptest! {
        #[test]
        fn a_name_is_that_of_its_own_text(text in "\\PC{0,40}") {
            let name = Name::of(&text);
            prop_assert_eq!(Name::of(name.text()), name);
            prop_assert_eq!(name == Name::NONE, text.trim_matches([' ', '\0']).is_empty());
        }

        #[test]
        fn a_symbol_is_a_name(text in "[!-~]{1,8}") {
            let symbol: Symbol = text.parse().unwrap();
            prop_assert_eq!(Name::from(symbol), Name::of(&text));
            prop_assert_eq!(Name::of(&text).symbol(), Some(symbol));
        }
    }
}
