//! The price levels of one instrument: two sorted runs of memory, each with its best price last.
//!
//! A level is found by walking from the touch, where nearly all activity is, and by bisection
//! further down. A new level shifts only those that are better than itself.

use crate::msg::Side;
use crate::units::Price;

use super::{Bbo, Order};

/// Levels that a side can hold before its first growth: most instruments never need more.
const PREALLOCATED: usize = 16;

/// Levels that are walked from the touch before bisection takes over: 24 bytes each, so three
/// cache lines that the walk reads in order.
const WALKED: usize = 8;

/// All orders of one side at one price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// In 1e-9 of the currency unit; [`Price::NONE`] where there is no level.
    pub price: Price,
    /// Shares or lots of all orders together.
    pub quantity: u64,
    /// How many orders.
    pub orders: u32,
}

impl Level {
    /// The best level of an empty side.
    pub const NONE: Level = Level { price: Price::NONE, quantity: 0, orders: 0 };
}

/// Both sides of one instrument. One cache line, so that either side is one line away.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Sides([Levels; 2]);

impl Sides {
    pub(super) fn preallocated() -> Sides {
        Sides([(); 2].map(|()| Levels(Vec::with_capacity(PREALLOCATED))))
    }

    /// Adds an order to its level; says whether that took new memory.
    #[inline]
    pub(super) fn join(&mut self, order: &Order) -> bool {
        let (side, flip) = index(order.side);
        self.0[side].join(flip, order.price, order.quantity)
    }

    /// Takes `quantity` of an order from its level, and with `whole` the order itself.
    #[inline]
    pub(super) fn leave(&mut self, order: &Order, quantity: u32, whole: bool) {
        let (side, flip) = index(order.side);
        self.0[side].leave(flip, order.price, quantity, whole);
    }

    #[inline]
    pub(super) fn bbo(&self) -> Bbo {
        let best = |levels: &Levels| levels.0.last().copied().unwrap_or(Level::NONE);
        Bbo { bid: best(&self.0[0]), ask: best(&self.0[1]) }
    }

    /// The levels of a side, best last.
    pub(super) fn levels(&self, side: Side) -> &[Level] {
        &self.0[index(side).0].0
    }

    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(|levels| levels.0.clear());
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let levels: usize = self.0.iter().map(|levels| levels.0.capacity()).sum();
        size_of::<Sides>() + levels * size_of::<Level>()
    }
}

/// Where a side stands, and the mask that makes a better price a larger number: exclusive or with
/// all ones turns the order of integers round, without a branch and without overflow.
#[inline]
fn index(side: Side) -> (usize, i64) {
    let ask = side != Side::Bid;
    (usize::from(ask), -i64::from(ask))
}

/// One side, best price last.
#[derive(Debug, Default)]
struct Levels(Vec<Level>);

impl Levels {
    #[inline]
    fn join(&mut self, flip: i64, price: Price, quantity: u32) -> bool {
        match self.find(flip, price) {
            Ok(at) => {
                let level = &mut self.0[at];
                level.quantity += u64::from(quantity);
                level.orders += 1;
                false
            }
            Err(at) => {
                let grows = self.0.len() == self.0.capacity();
                self.0.insert(at, Level { price, quantity: u64::from(quantity), orders: 1 });
                grows
            }
        }
    }

    #[inline]
    fn leave(&mut self, flip: i64, price: Price, quantity: u32, whole: bool) {
        let Ok(at) = self.find(flip, price) else { return };
        let level = &mut self.0[at];
        level.quantity -= u64::from(quantity);
        level.orders -= u32::from(whole);
        if level.orders == 0 {
            self.0.remove(at);
        }
    }

    /// Where the level of a price is, or where it would have to be.
    #[inline]
    fn find(&self, flip: i64, price: Price) -> Result<usize, usize> {
        let wanted = price.0 ^ flip;
        let far = self.0.len().saturating_sub(WALKED);
        for (at, level) in self.0[far..].iter().enumerate().rev() {
            let rank = level.price.0 ^ flip;
            if rank <= wanted {
                return if rank == wanted { Ok(far + at) } else { Err(far + at + 1) };
            }
        }
        self.0[..far].binary_search_by_key(&wanted, |level| level.price.0 ^ flip)
    }
}
