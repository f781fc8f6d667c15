//! Names by the venue's number of an instrument, and whether anybody wants it. Where the venue calls
//! its instruments by name only, they are numbered here.

use std::collections::HashMap;

use tickline_shared::instruments::{Listing, Name, alias};
use tickline_shared::msg::Flags;
use tickline_shared::symbols::Symbols;
use tickline_shared::units::Symbol;

/// Every number that a `u16` can be. 16 bytes each: 1 MiB, of which a day touches what it uses.
const NUMBERS: usize = 1 << 16;

/// Names that have room to be numbered from the start: a US venue lists about 11,000 instruments. More
/// are taken as they come.
const NAMES: usize = 16_384;

/// How the messages of a venue name an instrument.
pub trait Named: Copy {
    /// The number under which it stands in the tables; `None` where all numbers are taken.
    fn number(self, instruments: &mut Instruments) -> Option<u16>;
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
        let digits = format!("{}", self.0);
        let text = match digits.len() {
            ..=8 => digits,
            _ => format!("#{:07x}", self.0 & 0x0fff_ffff),
        };
        text.parse().unwrap_or(Symbol::NONE)
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
            instruments.name(number, self.symbol());
        }
        Some(number)
    }
}

/// What is known of an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    /// Its name; [`Symbol::NONE`] until a message says it.
    pub symbol: Symbol,
    /// Whether its records go into the ring.
    pub wanted: bool,
    /// What was lost of its quantities since its book was empty.
    inexact: Flags,
    /// Losses as of when its book was last known to lack nothing; see [`Instruments::marks`].
    whole_at: u32,
}

/// All instruments of a venue.
pub struct Instruments {
    table: Vec<Instrument>,
    /// Of names, where the venue numbers none itself.
    numbers: Symbols,
    /// Whose each symbol is.
    names: HashMap<Symbol, Name>,
    /// The symbols to publish, sorted; empty for all.
    filter: Vec<Symbol>,
    /// Which of them were seen.
    seen: Vec<bool>,
    /// How often messages of the venue were lost since its books were empty.
    losses: u32,
}

impl Instruments {
    /// No name is known yet; `filter` are the symbols to publish, none for all.
    pub fn new(mut filter: Vec<Symbol>) -> Instruments {
        filter.sort();
        filter.dedup();
        let wanted = filter.is_empty();
        let table = vec![
            Instrument { symbol: Symbol::NONE, wanted, inexact: Flags(0), whole_at: 0 };
            NUMBERS
        ];
        let seen = vec![false; filter.len()];
        let mut numbers = Symbols::with_capacity(NAMES);
        numbers.number(Symbol::NONE);
        Instruments { table, numbers, names: HashMap::new(), filter, seen, losses: 0 }
    }

    /// What is known of an instrument.
    #[inline(always)]
    pub fn get(&self, number: u16) -> Instrument {
        self.table[usize::from(number)]
    }

    /// What is known of an instrument that a message calls `symbol`.
    #[inline(always)]
    pub fn named(&mut self, number: u16, symbol: Symbol) -> Instrument {
        let known = self.get(number);
        if known.symbol == symbol { known } else { self.name(number, symbol) }
    }

    /// The same where a message may say nothing but the number: then the name is the known one.
    pub fn called(&mut self, number: u16, symbol: Symbol) -> Instrument {
        if symbol == Symbol::NONE { self.get(number) } else { self.named(number, symbol) }
    }

    /// Takes over what the venue says of an instrument. Records call it by its name where that is a
    /// symbol, or else by an alias.
    #[cold]
    pub fn learn(&mut self, number: u16, listing: &Listing) -> Instrument {
        let name = listing.name();
        let symbol = alias(name, |symbol| self.names.get(&symbol).is_some_and(|it| it != name));
        self.names.insert(symbol, *name);
        self.named(number, symbol)
    }

    /// Takes over what the head of a file says of an instrument, by the key that its messages name it
    /// by; nothing where all numbers are taken.
    pub fn listed(&mut self, key: Symbol, listing: &Listing) {
        if let Some(number) = self.numbers.number(key) {
            self.learn(number, listing);
        }
    }

    /// A new name: the first of the day, or of another one.
    #[cold]
    fn name(&mut self, number: u16, symbol: Symbol) -> Instrument {
        let found = self.filter.binary_search(&symbol);
        if let Ok(index) = found {
            self.seen[index] = true;
        }
        let wanted = self.filter.is_empty() || found.is_ok();
        let known = &mut self.table[usize::from(number)];
        *known = Instrument { symbol, wanted, ..*known };
        *known
    }

    /// The flags of quotes from the book of an instrument: [`Flags::STALE`] where messages were lost
    /// since it was last known to lack nothing, and what was lost of its quantities. Without a branch,
    /// from the line that says whether the instrument is wanted.
    #[inline(always)]
    pub fn marks(&self, number: u16) -> Flags {
        let Instrument { inexact, whole_at, .. } = self.get(number);
        inexact | Flags(u8::from(whole_at != self.losses) * Flags::STALE.0)
    }

    /// Messages of the venue were lost: every book may lack something.
    #[cold]
    pub fn lose(&mut self) {
        self.losses = self.losses.wrapping_add(1);
    }

    /// Messages of one instrument were lost.
    #[cold]
    pub fn lose_one(&mut self, number: u16) {
        self.table[usize::from(number)].whole_at = self.losses.wrapping_sub(1);
    }

    /// Something of a quantity of its book was lost.
    #[cold]
    pub fn mark(&mut self, number: u16, flags: Flags) {
        let known = &mut self.table[usize::from(number)];
        known.inexact = known.inexact | flags;
    }

    /// The book of an instrument was emptied: it lacks nothing.
    pub fn restore(&mut self, number: u16) {
        let known = &mut self.table[usize::from(number)];
        (known.inexact, known.whole_at) = (Flags::default(), self.losses);
    }

    /// All books were emptied.
    #[cold]
    pub fn restore_all(&mut self) {
        self.losses = 0;
        let reset = |known: &mut Instrument| (known.inexact, known.whole_at) = (Flags(0), 0);
        self.table.iter_mut().for_each(reset);
    }

    /// The symbols asked for that no message named.
    pub fn missing(&self) -> Vec<Symbol> {
        let unseen = self.filter.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
        unseen.map(|(symbol, _)| *symbol).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_wants_its_symbols_and_knows_which_never_came() {
        let symbol = |name: &str| name.parse::<Symbol>().unwrap();
        let mut instruments = Instruments::new(vec![symbol("ZZZ"), symbol("IVOO")]);
        assert!(!instruments.get(7).wanted, "not before its name is known");
        assert!(instruments.named(7, symbol("IVOO")).wanted);
        assert!(instruments.get(7).wanted);
        assert!(!instruments.named(7, symbol("META")).wanted, "the number was given anew");
        assert_eq!(instruments.missing(), [symbol("ZZZ")]);
        assert!(Instruments::new(Vec::new()).get(0).wanted);
    }

    #[test]
    fn names_are_numbered_and_filtered_as_numbers_are() {
        let symbol = |name: &str| name.parse::<Symbol>().unwrap();
        let mut instruments = Instruments::new(vec![symbol("ZVZZT")]);
        assert_eq!(Symbol::NONE.number(&mut instruments), Some(0));
        assert_eq!(symbol("ZXIET").number(&mut instruments), Some(1));
        assert_eq!(symbol("ZVZZT").number(&mut instruments), Some(2));
        assert_eq!(symbol("ZXIET").number(&mut instruments), Some(1));
        assert_eq!([0, 1, 2].map(|n| instruments.get(n).wanted), [false, false, true]);
        assert!(instruments.missing().is_empty());
    }

    #[test]
    fn what_is_lost_concerns_all_until_they_are_known_again() {
        let mut instruments = Instruments::new(Vec::new());
        let mut check = |what: fn(&mut Instruments), expected: [u8; 3]| {
            what(&mut instruments);
            assert_eq!([0, 7, u16::MAX].map(|it| instruments.marks(it).0), expected);
        };
        const STALE: u8 = Flags::STALE.0;
        const INEXACT: u8 = Flags::INEXACT.0;
        check(|_| {}, [0; 3]);
        check(|it| it.lose_one(7), [0, STALE, 0]);
        check(Instruments::lose, [STALE; 3]);
        check(|it| it.mark(7, Flags::INEXACT), [STALE, STALE | INEXACT, STALE]);
        check(|it| it.restore(7), [STALE, 0, STALE]);
        check(|it| assert!(it.named(7, "A".parse().unwrap()).wanted), [STALE, 0, STALE]);
        check(|it| it.mark(7, Flags::INEXACT), [STALE, INEXACT, STALE]);
        check(|it| it.lose_one(7), [STALE, STALE | INEXACT, STALE]);
        check(Instruments::lose, [STALE, STALE | INEXACT, STALE]);
        check(Instruments::restore_all, [0; 3]);
        check(|it| it.lose_one(7), [0, STALE, 0]);
    }

    #[test]
    fn a_long_name_is_called_by_its_alias() {
        let mut instruments = Instruments::new(Vec::new());
        let mut learn =
            |number, name| instruments.learn(number, &Listing::new(Name::of(name))).symbol.name();
        assert_eq!(learn(1, "BTCUSDT"), "BTCUSDT");
        assert_eq!(learn(2, "1000SATSUSDT"), "1000~6AB");
        assert_eq!(learn(3, "1000~6AB"), "1000~UG4", "its symbol is somebody's alias");
        assert_eq!(learn(4, "1000SATSUSDT"), "1000~6AB", "the same under another number");
        assert_eq!(instruments.get(2).symbol, "1000~6AB".parse().unwrap());
    }
}
