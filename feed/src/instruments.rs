//! Names by the venue's number of an instrument, and whether anybody wants it. Where the venue calls
//! its instruments by name only, they are numbered here. What is known of each is also entered into
//! the table that strategies see, when a name appears or a status changes.

use std::collections::{HashMap, HashSet};

use tickline_shared::instruments::{Listing, Name, Place, Registry};
use tickline_shared::memory::MemoryError;
use tickline_shared::msg::{Flags, Status, Topic};
use tickline_shared::symbols::Symbols;
use tickline_shared::units::Symbol;

use crate::scenario::InstrumentConfig;

mod filter;
mod named;

use filter::Filter;
pub use named::{Named, Passing, SecurityId};

/// Every number that a `u16` can be. 16 bytes each, and 4 for the place: 1.25 MiB.
const NUMBERS: usize = 1 << 16;

/// Names that have room to be numbered from the start: a US venue lists about 11,000 instruments. More
/// are taken as they come.
const NAMES: usize = 16_384;

/// What the loop needs to know of an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    /// How records call it; [`Symbol::NONE`] until a message says it.
    pub symbol: Symbol,
    /// Whether its records go into the ring.
    pub wanted: bool,
    /// What was lost of its quantities since its book was empty.
    inexact: Flags,
    /// Losses as of when its book was last known to lack nothing; see [`Instruments::marks`].
    whole_at: u32,
}

const _: () = assert!(size_of::<Instrument>() == 16);

/// All instruments of a venue.
pub struct Instruments {
    table: Vec<Instrument>,
    /// Where each stands in the table that strategies see; `None` while no name is known.
    places: Vec<Option<Place>>,
    /// Of names, where the venue numbers none itself.
    numbers: Symbols,
    /// The table that strategies see.
    registry: Registry,
    /// What the scenario says of instruments, sorted by name.
    said: Vec<InstrumentConfig>,
    /// The aliases in it, which nobody else gets.
    reserved: HashSet<Symbol>,
    filter: Filter,
    /// How often messages of the venue were lost since its books were empty.
    losses: u32,
}

impl Instruments {
    /// No name is known yet. `filter` are the names or aliases to publish, none for all; `said` is
    /// what the scenario says of instruments, sorted by name.
    ///
    /// # Errors
    /// Where the memory for the table that strategies see is not to be had.
    pub fn new(filter: Vec<Name>, said: Vec<InstrumentConfig>) -> Result<Instruments, MemoryError> {
        let filter = Filter::new(filter);
        let wanted = filter.is_empty();
        let inexact = Flags::default();
        let nothing = Instrument { symbol: Symbol::NONE, wanted, inexact, whole_at: 0 };
        let mut numbers = Symbols::with_capacity(NAMES);
        numbers.number(Symbol::NONE);
        Ok(Instruments {
            table: touched(nothing),
            places: touched(None),
            numbers,
            registry: Registry::create()?,
            reserved: said.iter().filter_map(|said| said.alias).collect(),
            said,
            filter,
            losses: 0,
        })
    }

    /// What is known of an instrument.
    #[inline(always)]
    pub fn get(&self, number: u16) -> Instrument {
        self.table[usize::from(number)]
    }

    /// What is known of an instrument that a message calls `symbol`; a message that names none
    /// ([`Symbol::NONE`]) changes nothing.
    #[inline(always)]
    pub fn named(&mut self, number: u16, symbol: Symbol) -> Instrument {
        let known = self.get(number);
        if known.symbol == symbol { known } else { self.name(number, symbol) }
    }

    /// A new name: the first of the day, or of another one.
    #[cold]
    fn name(&mut self, number: u16, symbol: Symbol) -> Instrument {
        match symbol {
            Symbol::NONE => self.get(number),
            symbol => self.enter(number, symbol, &Listing::new(symbol.into())),
        }
    }

    /// What an instrument is called whose name is not known.
    #[cold]
    fn call(&mut self, number: u16, symbol: Symbol) {
        let wanted = self.filter.wants(&symbol.into(), symbol);
        let known = &mut self.table[usize::from(number)];
        *known = Instrument { symbol, wanted, ..*known };
    }

    /// Takes over what the venue says of an instrument. Records call it by its name where that is a
    /// symbol, or else by an alias: that of the scenario, or one that follows from the name.
    #[cold]
    pub fn learn(&mut self, number: u16, listing: &Listing) -> Instrument {
        self.learn_as(number, None, listing)
    }

    /// The same where it is known how records call it.
    pub(crate) fn learn_called(&mut self, number: u16, symbol: Option<Symbol>, listing: &Listing) {
        self.learn_as(number, symbol, listing);
    }

    /// Takes over what the head of a file says of an instrument, by the key that its messages name it
    /// by; nothing where all numbers are taken.
    pub fn listed<I: Named>(&mut self, key: Symbol, listing: &Listing) {
        if let Some(number) = self.numbers.number(key) {
            self.learn_as(number, I::IS_SYMBOL.then_some(key), listing);
        }
    }

    fn learn_as(&mut self, number: u16, wish: Option<Symbol>, listing: &Listing) -> Instrument {
        let name = listing.name();
        if *name == Name::NONE {
            return self.get(number);
        }
        let said = InstrumentConfig::find(&self.said, name);
        let wish = wish.or(said.and_then(|said| said.alias));
        let symbol = self.registry.symbol(name, wish, |symbol| self.reserved.contains(&symbol));
        self.enter(number, symbol, listing)
    }

    /// Enters a name under a number, and into the table that strategies see.
    fn enter(&mut self, number: u16, symbol: Symbol, listing: &Listing) -> Instrument {
        let wanted = self.filter.wants(listing.name(), symbol);
        let said = InstrumentConfig::find(&self.said, listing.name());
        let listing = said.map_or(*listing, |said| merged(&said.listing, listing));
        self.places[usize::from(number)] = self.registry.enter(symbol, &listing);
        let known = &mut self.table[usize::from(number)];
        *known = Instrument { symbol, wanted, ..*known };
        *known
    }

    /// A status of an instrument holds, or of the venue.
    #[cold]
    pub fn set_status(&mut self, number: u16, status: &Status) {
        match (status.topic, self.places[usize::from(number)]) {
            (Topic::Venue, _) => self.registry.set_venue_status(status),
            (_, Some(place)) => self.registry.set_status(place, status),
            (_, None) => {}
        }
    }

    /// A day begins: all is as usual.
    pub fn clear_statuses(&mut self) {
        self.registry.clear_statuses();
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

    /// What the scenario says of instruments, sorted by name.
    pub fn said(&self) -> &[InstrumentConfig] {
        &self.said
    }

    /// The table that strategies see.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The names asked for that no message named.
    pub fn missing(&self) -> Vec<Name> {
        self.filter.missing()
    }

    /// What the scenario says of instruments to no effect, for people.
    pub fn in_vain(&self) -> Vec<String> {
        let known = self.registry.instruments();
        let symbols: HashMap<Name, Symbol> =
            known.iter().map(|it| (*it.name(), it.symbol)).collect();
        let in_vain = |said: &InstrumentConfig| {
            let name = said.listing.name();
            match (symbols.get(name), said.alias) {
                (None, _) => Some(format!("the source has no instrument `{name}`")),
                (Some(symbol), Some(alias)) if *symbol != alias => {
                    Some(format!("`{alias}` is another instrument; `{name}` is called `{symbol}`"))
                }
                _ => None,
            }
        };
        self.said.iter().filter_map(in_vain).collect()
    }
}

/// What the scenario and the venue say together. The scenario is right, but for what a quantity
/// counts: the decoder was told, and does as it says.
fn merged(scenario: &Listing, venue: &Listing) -> Listing {
    let merged = scenario.or(venue);
    match venue.quantity_decimals() {
        Some(decimals) => merged.with_quantity_decimals(decimals),
        None => merged,
    }
}

/// The same for every number, written once: zeros alone would come page by page, while the feed is at
/// work.
fn touched<T: Copy>(value: T) -> Vec<T> {
    let mut all = vec![value; NUMBERS];
    // Else the compiler knows that zeros are there already.
    std::hint::black_box(&mut all).fill(value);
    all
}

#[cfg(test)]
mod tests;
