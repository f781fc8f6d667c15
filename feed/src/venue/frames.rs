//! What the venues have in common whose messages are JSON frames: instruments called by names of any
//! length, quantities with fractions, and messages that say many things.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Side};
use tickline_shared::units::{Price, Symbol};

use super::decimal::{Decimal, Quantity};
use super::json::{Bad, Json};
use super::market::{Best, MarketEvent, Setting};
use crate::instruments::SecurityId;
use crate::scenario::InstrumentConfig;

/// Decimals of quantities where nobody says otherwise: a `u32` then reaches 42,949.67295 units, and
/// Binance's step for bitcoin, 0.00001, is exact.
pub(crate) const QUANTITY_DECIMALS: u8 = 5;

/// Things that a message says which have room from the start: a book of 5,000 levels a side is the
/// largest that Binance sends.
const SAID: usize = 1 << 14;

/// Levels of one message that have room from the start.
pub(crate) const LEVELS: usize = SAID;

/// The kind of all messages whose type no list has.
pub(crate) const UNKNOWN: u8 = 0;

/// Instruments that have room from the start.
const INSTRUMENTS: usize = 1 << 12;

/// No feed can tell more of them apart.
const INSTRUMENTS_MAX: usize = 1 << u16::BITS;

/// Bytes of a name: the longest that is known has 26.
pub(crate) const NAME_MAX: usize = 64;

/// The instruments of a stream, in the order of their appearance, each with what the venue keeps of
/// it.
#[derive(Debug)]
pub(crate) struct Instruments<T> {
    places: HashMap<Box<[u8]>, usize>,
    known: Vec<Instrument<T>>,
    /// Most messages are about the instrument of the one before.
    last: usize,
    /// What the scenario says of instruments, sorted by name.
    configs: Vec<InstrumentConfig>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Instrument<T> {
    text: Box<[u8]>,
    /// The same for the same name in every stream.
    pub(crate) id: SecurityId,
    /// Of how many decimals a quantity counts the last.
    pub(crate) decimals: u8,
    /// What is said of it at its first appearance, until then.
    listing: Option<Listing>,
    /// What the venue keeps of it.
    pub(crate) state: T,
}

impl<T: Default> Instruments<T> {
    pub(crate) fn new(setting: &Setting<'_>) -> Instruments<T> {
        Instruments {
            configs: setting.instruments.to_vec(),
            places: HashMap::with_capacity(INSTRUMENTS),
            known: Vec::with_capacity(INSTRUMENTS),
            last: 0,
        }
    }

    /// Where the instrument of this name stands, which is new where it was never seen.
    #[inline]
    pub(crate) fn place(&mut self, name: &[u8]) -> Result<usize, Bad> {
        let same = self.known.get(self.last).is_some_and(|last| *last.text == *name);
        if !same {
            self.last = match self.places.get(name) {
                Some(&place) => place,
                None => self.begin(name)?,
            };
        }
        Ok(self.last)
    }

    /// The instrument at a place that was given.
    #[inline]
    pub(crate) fn at(&mut self, place: usize) -> &mut Instrument<T> {
        &mut self.known[place]
    }

    /// The instrument of this name.
    #[inline]
    pub(crate) fn of(&mut self, name: &[u8]) -> Result<&mut Instrument<T>, Bad> {
        let place = self.place(name)?;
        Ok(self.at(place))
    }

    #[cold]
    fn begin(&mut self, text: &[u8]) -> Result<usize, Bad> {
        let name = Name::of(text);
        let full = self.known.len() == INSTRUMENTS_MAX;
        if name == Name::NONE || text.len() > NAME_MAX || full {
            return Err(Bad);
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(text);
        // The greatest id is nobody's.
        let id = SecurityId(hasher.finish() >> 1);
        let config = InstrumentConfig::find(&self.configs, &name);
        let decimals = config.and_then(|config| config.listing.quantity_decimals());
        let decimals = decimals.unwrap_or(QUANTITY_DECIMALS);
        let listing = Some(Listing::new(name).with_quantity_decimals(decimals));
        let (place, text) = (self.known.len(), Box::from(text));
        self.places.insert(Box::clone(&text), place);
        self.known.push(Instrument { text, id, decimals, listing, state: T::default() });
        Ok(place)
    }

    /// Where the only instrument stands of which this holds; `None` where it holds of several too.
    pub(crate) fn only(&self, holds: impl Fn(&T) -> bool) -> Option<usize> {
        let mut places = (0..self.known.len()).filter(|&place| holds(&self.known[place].state));
        places.next().filter(|_| places.next().is_none())
    }
}

impl<T> Instrument<T> {
    /// A quantity in the instrument's scale.
    #[inline]
    pub(crate) fn quantity(&self, quantity: Decimal) -> Result<Quantity, Bad> {
        quantity.quantity(self.decimals).ok_or(Bad)
    }

    /// A best bid or offer.
    #[inline]
    pub(crate) fn best(&self, price: Decimal, quantity: Decimal) -> Result<Best, Bad> {
        let Quantity { units: quantity, flags } = self.quantity(quantity)?;
        Ok(Best { price: price.price().ok_or(Bad)?, quantity, flags })
    }

    /// A trade of which the resting side is known.
    #[inline]
    pub(crate) fn trade(
        &self,
        match_id: u64,
        price: Decimal,
        quantity: Decimal,
        buyer_rests: bool,
        flags: Flags,
    ) -> Result<MarketEvent, Bad> {
        let price = price.price().ok_or(Bad)?;
        let quantity = self.quantity(quantity)?;
        let flags = flags | quantity.flags;
        let (side, quantity) = (side(buyer_rests), u64::from(quantity.units));
        Ok(MarketEvent::Trade { match_id, side, price, quantity, flags, symbol: Symbol::NONE })
    }
}

/// A level of `["61737.63", "0.5"]`, its quantity in units of 10^-`decimals`.
#[inline]
pub(crate) fn level(side: Side, row: [&[u8]; 2], decimals: u8) -> Result<Change, Bad> {
    let [price, quantity] = row.map(Decimal::parse);
    let price = price.and_then(Decimal::price).ok_or(Bad)?;
    let quantity = quantity.and_then(|it| it.quantity(decimals)).ok_or(Bad)?;
    Ok(Change { side, price, quantity })
}

/// The levels of both sides of a book, bids first, in place of those in `levels`.
pub(crate) fn read_levels(
    sides: [&[u8]; 2],
    decimals: u8,
    levels: &mut Vec<Change>,
) -> Result<(), Bad> {
    levels.clear();
    for (raw, side) in sides.into_iter().zip([Side::Bid, Side::Ask]) {
        rows(raw, |row| {
            levels.push(level(side, row, decimals)?);
            Ok(())
        })?;
    }
    Ok(())
}

/// The buyers' side, or the other.
pub(crate) fn side(buys: bool) -> Side {
    if buys { Side::Bid } else { Side::Ask }
}

/// What stands at a price now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) side: Side,
    pub(crate) price: Price,
    /// 0: the level is gone.
    pub(crate) quantity: Quantity,
}

impl Change {
    /// As an event, which does not end that of the venue.
    #[inline]
    fn event(&self, flags: Flags) -> MarketEvent {
        let Change { side, price, quantity } = *self;
        let (quantity, flags) = (quantity.units, quantity.flags | flags);
        MarketEvent::Level { side, price, quantity, flags, complete: false }
    }

    /// The same level, gone.
    pub(crate) fn gone(self) -> Change {
        Change { quantity: Quantity::default(), ..self }
    }
}

/// What one message says, thing by thing.
#[derive(Debug)]
pub(crate) struct Said {
    events: Vec<(SecurityId, MarketEvent)>,
    next: usize,
}

impl Said {
    pub(crate) fn new() -> Said {
        Said { events: Vec::with_capacity(SAID), next: 0 }
    }

    /// Forgets the message before.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.next = 0;
    }

    /// What is said from now on may be of this instrument: at its first appearance what it is comes
    /// before.
    #[inline]
    pub(crate) fn of<T>(&mut self, instrument: &mut Instrument<T>) -> SecurityId {
        if let Some(listing) = instrument.listing.take() {
            self.events.push((instrument.id, MarketEvent::Directory(listing)));
        }
        instrument.id
    }

    /// Says something of an instrument.
    #[inline]
    pub(crate) fn say(&mut self, id: SecurityId, event: MarketEvent) {
        self.events.push((id, event));
    }

    /// Says what stands at some prices, with these flags.
    #[inline]
    pub(crate) fn levels<'a>(
        &mut self,
        id: SecurityId,
        levels: impl IntoIterator<Item = &'a Change>,
        flags: Flags,
    ) {
        self.events.extend(levels.into_iter().map(|level| (id, level.event(flags))));
    }

    /// What comes first of it; where nothing is said, that.
    #[inline]
    pub(crate) fn first(&mut self) -> (SecurityId, MarketEvent) {
        self.next().unwrap_or((SecurityId::NONE, MarketEvent::Other))
    }

    /// What comes next of it.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<(SecurityId, MarketEvent)> {
        let event = self.events.get(self.next).copied();
        self.next += 1;
        event
    }
}

/// Calls `each` with the first `N` elements of every array in an array, as texts.
#[inline]
pub(crate) fn rows<'a, const N: usize>(
    raw: &'a [u8],
    mut each: impl FnMut([&'a [u8]; N]) -> Result<(), Bad>,
) -> Result<(), Bad> {
    Json::new(raw).array(|json| {
        let (mut row, mut count) = ([&[][..]; N], 0);
        json.array(|json| match row.get_mut(count) {
            Some(cell) => {
                count += 1;
                *cell = json.text()?;
                Ok(())
            }
            None => json.skip(),
        })?;
        if count == N { each(row) } else { Err(Bad) }
    })
}
