//! What stands at one price, in one word.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::levels::Level;

/// The number of orders above, all their shares or lots below. Zeroed memory is nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub(super) struct Volume(u64);

/// Bits of the quantity: 10^12 shares. What is left holds 16 million orders. A level that has more
/// of either is no volume, see [`Volume::of`].
const QUANTITY_BITS: u32 = 40;

impl Volume {
    /// No orders.
    pub(super) const NOTHING: Volume = Volume(0);

    /// What stands at a level; `None` where a word cannot hold it.
    pub(super) fn of(level: &Level) -> Option<Volume> {
        let beyond =
            (level.quantity >> QUANTITY_BITS) | (level.orders >> (u64::BITS - QUANTITY_BITS));
        (beyond == 0).then_some(Volume(level.orders << QUANTITY_BITS | level.quantity))
    }

    /// One order.
    #[inline(always)]
    pub(super) fn one(quantity: u32) -> Volume {
        Volume(1 << QUANTITY_BITS | u64::from(quantity))
    }

    /// With one more order; `None` where a word cannot hold it.
    #[inline(always)]
    pub(super) fn joined(self, quantity: u32) -> Option<Volume> {
        let sum = self.0.checked_add(1 << QUANTITY_BITS | u64::from(quantity))?;
        // A quantity that carried into the orders is smaller than it was.
        let joined = Volume(sum);
        (joined.quantity() >= self.quantity()).then_some(joined)
    }

    /// Without a quantity that is part of it, and with `whole` without one of its orders.
    #[inline(always)]
    pub(super) fn left(self, quantity: u32, whole: bool) -> Volume {
        Volume(self.0 - (u64::from(whole) << QUANTITY_BITS | u64::from(quantity)))
    }

    /// Whether there are no orders.
    #[inline(always)]
    pub(super) fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// Shares or lots of all orders together.
    #[inline(always)]
    pub(super) fn quantity(self) -> u64 {
        self.0 & ((1 << QUANTITY_BITS) - 1)
    }

    /// How many orders.
    #[inline(always)]
    pub(super) fn orders(self) -> u64 {
        self.0 >> QUANTITY_BITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Price;

    fn level(quantity: u64, orders: u64) -> Level {
        Level { price: Price(1), quantity, orders }
    }

    #[test]
    fn a_word_holds_what_fits() {
        let most = level((1 << QUANTITY_BITS) - 1, (1 << 24) - 1);
        let volume = Volume::of(&most).unwrap();
        assert_eq!((volume.quantity(), volume.orders()), (most.quantity, most.orders));
        assert_eq!(Volume::of(&level(1 << QUANTITY_BITS, 1)), None);
        assert_eq!(Volume::of(&level(1, 1 << 24)), None);
    }

    #[test]
    fn joining_beyond_it_is_refused() {
        let full = Volume::of(&level((1 << QUANTITY_BITS) - 1, 5)).unwrap();
        assert_eq!(full.joined(1), None);
        assert_eq!(full.joined(0).unwrap().orders(), 6);
        assert_eq!(full.joined(u32::MAX), None);
        assert_eq!(Volume::of(&level(1, (1 << 24) - 1)).unwrap().joined(1), None);
        let one = Volume::NOTHING.joined(u32::MAX).unwrap();
        assert_eq!(one.left(u32::MAX, true), Volume::NOTHING);
        assert!(!one.left(u32::MAX, false).is_nothing());
    }
}
