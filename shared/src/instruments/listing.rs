//! What a venue, a file or a scenario says of an instrument.

use std::fmt;

use zerocopy::little_endian::{I64, U32};

use super::name::Name;
use crate::units::Price;

/// What is said of an instrument; what nobody said is `None`.
///
/// 46 bytes without an alignment, so that the event of a decoder can be one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    name: Name,
    /// [`Price::NONE`] for none.
    tick: I64,
    /// 0 for none.
    lot: U32,
    /// [`NO_DECIMALS`] for none.
    price_decimals: u8,
    quantity_decimals: u8,
}

const _: () = assert!(size_of::<Listing>() == 46 && align_of::<Listing>() == 1);

/// Where nobody said how many decimals there are.
pub(super) const NO_DECIMALS: u8 = u8::MAX;

impl Listing {
    /// A listing that says the name only.
    #[inline]
    pub fn new(name: Name) -> Listing {
        Listing {
            name,
            tick: I64::new(Price::NONE.0),
            lot: U32::new(0),
            price_decimals: NO_DECIMALS,
            quantity_decimals: NO_DECIMALS,
        }
    }

    /// Says how many decimals prices have: 2 where the least step is a cent.
    pub fn with_price_decimals(self, decimals: u8) -> Listing {
        Listing { price_decimals: decimals, ..self }
    }

    /// Says of how many decimals of the instrument's unit a record's quantity counts the last: 0 for
    /// whole shares or contracts, 5 where a quantity of 1 is 0.00001 of a coin.
    pub fn with_quantity_decimals(self, decimals: u8) -> Listing {
        Listing { quantity_decimals: decimals, ..self }
    }

    /// Says both: the decimals of prices, and those of quantities.
    #[inline]
    pub fn with_decimals(self, prices: u8, quantities: u8) -> Listing {
        self.with_price_decimals(prices).with_quantity_decimals(quantities)
    }

    /// Says how large a round lot is, in quantities of the venue's records; 0 says nothing.
    #[inline]
    pub fn with_lot(self, lot: u32) -> Listing {
        Listing { lot: U32::new(lot), ..self }
    }

    /// Says the least step of the price; [`Price::NONE`] says nothing.
    pub fn with_tick(self, tick: Price) -> Listing {
        Listing { tick: I64::new(tick.0), ..self }
    }

    /// The name, as the venue writes it.
    #[inline]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// How many decimals prices have.
    pub fn price_decimals(&self) -> Option<u8> {
        Some(self.price_decimals).filter(|&decimals| decimals != NO_DECIMALS)
    }

    /// Of how many decimals a quantity counts the last.
    pub fn quantity_decimals(&self) -> Option<u8> {
        Some(self.quantity_decimals).filter(|&decimals| decimals != NO_DECIMALS)
    }

    /// A round lot, in quantities of the venue's records.
    pub fn lot(&self) -> Option<u32> {
        Some(self.lot.get()).filter(|&lot| lot != 0)
    }

    /// The least step of the price.
    pub fn tick(&self) -> Option<Price> {
        Some(Price(self.tick.get())).filter(|&tick| tick != Price::NONE)
    }

    /// This, and where it says nothing, what `other` says. The name stays.
    pub fn or(self, other: &Listing) -> Listing {
        let decimals = |mine, theirs| if mine == NO_DECIMALS { theirs } else { mine };
        Listing {
            name: self.name,
            tick: if self.tick().is_some() { self.tick } else { other.tick },
            lot: if self.lot().is_some() { self.lot } else { other.lot },
            price_decimals: decimals(self.price_decimals, other.price_decimals),
            quantity_decimals: decimals(self.quantity_decimals, other.quantity_decimals),
        }
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing")
            .field("name", &self.name)
            .field("price_decimals", &self.price_decimals())
            .field("quantity_decimals", &self.quantity_decimals())
            .field("lot", &self.lot())
            .field("tick", &self.tick())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_said_is_taken_from_another() {
        let venue = Listing::new(Name::of("IVOO")).with_lot(100);
        let said = (venue.price_decimals(), venue.quantity_decimals(), venue.lot(), venue.tick());
        assert_eq!(said, (None, None, Some(100), None));
        let typed = Listing::new(Name::of("typed")).with_lot(10).with_price_decimals(2);
        let both = typed.with_tick(Price(5)).or(&venue.with_quantity_decimals(0));
        assert_eq!((both.lot(), both.price_decimals()), (Some(10), Some(2)));
        assert_eq!((both.quantity_decimals(), both.tick()), (Some(0), Some(Price(5))));
        assert_eq!(venue.or(&typed).name().text(), "IVOO");
    }
}
