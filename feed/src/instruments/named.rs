//! How the messages of a venue name an instrument, and the number that it gets for that.

use tickline_shared::units::Symbol;

use super::Instruments;

/// How the messages of a venue name an instrument.
pub trait Named: Copy {
    /// Whether it is the symbol itself, by which records call the instrument as well.
    const IS_SYMBOL: bool = false;

    /// The number under which it stands in the tables; `None` where all numbers are taken.
    fn number(self, instruments: &mut Instruments) -> Option<u16>;

    /// How records call the instrument, where the message that lists it says so.
    fn called(self) -> Option<Symbol> {
        None
    }
}

/// The venue's own number.
impl Named for u16 {
    #[inline(always)]
    fn number(self, _: &mut Instruments) -> Option<u16> {
        Some(self)
    }
}

/// The name itself; [`Symbol::NONE`] has number 0.
impl Named for Symbol {
    const IS_SYMBOL: bool = true;

    #[inline(always)]
    fn number(self, instruments: &mut Instruments) -> Option<u16> {
        let number = instruments.numbers.number(self)?;
        instruments.named(number, self);
        Some(number)
    }
}

/// A number of the venue's own that is too large for a table: it is numbered at its first appearance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SecurityId(pub u64);

impl SecurityId {
    /// No instrument.
    pub const NONE: SecurityId = SecurityId(u64::MAX);

    /// What it is numbered by. Names and ids never meet in one venue.
    pub fn key(self) -> Symbol {
        Symbol(self.0.to_le_bytes())
    }

    /// What it is called until a message names it: its digits, hexadecimal ones behind a `#` where
    /// eight do not do, of which only the last seven stand in a symbol.
    pub fn symbol(self) -> Symbol {
        let mut name = [0; 8];
        match self.0 {
            0..100_000_000 => digits(&mut name[..self.0.max(1).ilog10() as usize + 1], self.0, 10),
            _ => {
                name[0] = b'#';
                digits(&mut name[1..], self.0, 16);
            }
        }
        Symbol(name)
    }
}

/// The last digits of a number, as many as there is room for. A loop of a feed must not allocate.
fn digits(out: &mut [u8], mut value: u64, base: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value % base) as usize];
        value /= base;
    }
}

/// [`SecurityId::NONE`] has number 0.
impl Named for SecurityId {
    #[inline(always)]
    fn number(self, instruments: &mut Instruments) -> Option<u16> {
        if self == SecurityId::NONE {
            return Some(0);
        }
        let number = instruments.numbers.number(self.key())?;
        if instruments.get(number).symbol == Symbol::NONE {
            instruments.call(number, self.symbol());
        }
        Some(number)
    }
}

/// By symbol, in a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passing {
    /// Of a record that is passed on as it is: it needs a number only where not all are wanted.
    Record(Symbol),
    /// Of what is said of an instrument.
    Listing(Symbol),
}

/// Number 0 is wanted where all are.
impl Named for Passing {
    const IS_SYMBOL: bool = true;

    #[inline(always)]
    fn number(self, instruments: &mut Instruments) -> Option<u16> {
        match self {
            Passing::Record(_) if instruments.filter.is_empty() => Some(0),
            Passing::Record(symbol) => symbol.number(instruments),
            Passing::Listing(symbol) => instruments.numbers.number(symbol),
        }
    }

    fn called(self) -> Option<Symbol> {
        match self {
            Passing::Record(_) => None,
            Passing::Listing(symbol) => Some(symbol),
        }
    }
}
