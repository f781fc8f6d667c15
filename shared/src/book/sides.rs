//! Both sides of every instrument, and the memory that their levels share.

use std::io;

use crate::msg::Side;
use crate::units::Price;

use super::arena::Arena;
use super::levels::{Level, Levels};
use super::pages::Pages;
use super::{Bbo, Order};

/// As many as an instrument's number can tell apart.
const INSTRUMENTS_MAX: usize = 1 << u16::BITS;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Sides {
    /// By instrument; bids, asks.
    sides: Pages<[Levels; 2]>,
    arena: Arena,
    growths: u64,
}

impl Sides {
    /// Room for so many levels in all, and for a block of them a side.
    pub(super) fn with_capacity(levels: usize, instruments: usize) -> io::Result<Sides> {
        let instruments = instruments.min(INSTRUMENTS_MAX);
        let arena = Arena::with_capacity(levels, 2 * instruments)?;
        Ok(Sides { sides: Pages::of(instruments)?, arena, growths: 0 })
    }

    /// Adds an order to the level of its price.
    #[inline(always)]
    pub(super) fn join(&mut self, order: &Order) {
        let (side, flip) = index(order.side);
        self.reach(order.instrument);
        let levels = &mut self.sides[usize::from(order.instrument)][side];
        levels.join(&mut self.arena, flip, order.price, order.quantity);
    }

    /// Takes `quantity` of an order from the level of its price, and with `whole` the order itself.
    #[inline(always)]
    pub(super) fn leave(&mut self, order: &Order, quantity: u32, whole: bool) {
        let Some(sides) = self.sides.get_mut(usize::from(order.instrument)) else { return };
        let (side, flip) = index(order.side);
        sides[side].leave(&mut self.arena, flip, order.price, quantity, whole);
    }

    /// Lets `quantity` be all that stands at a price, as if it were one order. Only for sides that no
    /// order joins.
    #[inline(always)]
    pub(super) fn set(&mut self, instrument: u16, side: Side, price: Price, quantity: u32) {
        let (side, flip) = index(side);
        self.reach(instrument);
        let levels = &mut self.sides[usize::from(instrument)][side];
        levels.set(&mut self.arena, flip, price, quantity);
    }

    /// See [`super::Book::bbo`].
    #[inline]
    pub(super) fn bbo(&self, instrument: u16) -> Bbo {
        Bbo { bid: self.best(instrument, Side::Bid), ask: self.best(instrument, Side::Ask) }
    }

    /// See [`super::Book::best`].
    #[inline(always)]
    pub(super) fn best(&self, instrument: u16, side: Side) -> Level {
        let Some(sides) = self.sides.get(usize::from(instrument)) else { return Level::NONE };
        let (at, flip) = index(side);
        sides[at].best(&self.arena, flip)
    }

    /// See [`super::Book::depth`].
    pub(super) fn depth(&self, instrument: u16, side: Side) -> impl Iterator<Item = Level> {
        let (at, flip) = index(side);
        let sides = self.sides.get(usize::from(instrument));
        sides.map(|sides| sides[at].iter(&self.arena, flip)).into_iter().flatten()
    }

    /// Asks for the cache lines that tell where levels are, of both sides.
    #[inline(always)]
    pub(super) fn prefetch(&self, instrument: u16) {
        if let Some([bids, asks]) = self.sides.get(usize::from(instrument)) {
            bids.prefetch();
            asks.prefetch();
        }
    }

    /// Asks for the level of a price.
    #[inline(always)]
    pub(super) fn prefetch_level(&self, instrument: u16, side: Side, price: Price) {
        let (side, flip) = index(side);
        if let Some(sides) = self.sides.get(usize::from(instrument)) {
            sides[side].prefetch_level(flip, price);
        }
    }

    /// Removes every level; the memory stays.
    pub(super) fn clear(&mut self) {
        self.sides.clear();
        self.arena.clear();
    }

    /// Removes the levels of one instrument.
    pub(super) fn clear_instrument(&mut self, instrument: u16) {
        let Some(sides) = self.sides.get_mut(usize::from(instrument)) else { return };
        sides.iter_mut().for_each(|levels| levels.clear(&mut self.arena));
    }

    /// How often memory had to be asked for later.
    pub(super) fn growths(&self) -> u64 {
        self.growths + self.arena.growths()
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        self.sides.bytes() + self.arena.bytes()
    }

    /// Makes room for an instrument's number.
    #[inline(always)]
    fn reach(&mut self, instrument: u16) {
        if usize::from(instrument) >= self.sides.len() {
            self.extend_to(instrument.into());
        }
    }

    #[cold]
    fn extend_to(&mut self, instrument: usize) {
        let length = (instrument + 1).next_power_of_two();
        self.sides = self.sides.extended_to(length).expect("memory for more instruments");
        self.growths += 1;
    }
}

/// Where a side stands in its pair, and what turns its prices round, see [`Levels`]: both without a
/// branch, since no processor can guess the side of the next order.
#[inline]
fn index(side: Side) -> (usize, i64) {
    let ask = side != Side::Bid;
    (usize::from(ask), -i64::from(ask))
}
