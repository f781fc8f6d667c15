//! The price levels of one side of an instrument, in two cache lines: six levels in no order,
//! which is where most messages end, and behind them the others in one sorted run.
//!
//! ```text
//!  line 0   price  price  price  price  price  price   the best of them    where the run is
//!  line 1   volume volume volume volume volume volume  and where it is     the best of the run
//! ```
//!
//! The six are those where something happened last. A level is found by comparing all of them at
//! once, a new one takes any free place, one that nobody is left at is a free place: no level
//! moves, and no branch depends on which of them it was, which no processor could guess. Only where
//! all places are taken does the worst of them move to the run; it comes back when an order comes
//! to it while there is room.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::prefetch::prefetch;
use crate::units::Price;

use super::arena::Arena;
use super::far::Far;
use super::volume::Volume;

/// Near levels: what two cache lines hold.
const NEAR: usize = 6;

/// All orders of one side at one price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Level {
    /// In 1e-9 of the currency unit; [`Price::NONE`] where there is no level.
    pub price: Price,
    /// Shares or lots of all orders together.
    pub quantity: u64,
    /// How many orders.
    pub orders: u64,
}

impl Level {
    /// The best level of an empty side.
    pub const NONE: Level = Level { price: Price::NONE, quantity: 0, orders: 0 };

    fn of(price: Price, volume: Volume) -> Level {
        Level { price, quantity: volume.quantity(), orders: volume.orders() }
    }
}

/// One side. Zeroed memory is an empty one.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub(super) struct Levels {
    /// Of the near levels; that of a free place means nothing.
    prices: [Price; NEAR],
    /// The [`ordinal`] of the best near level; 0 where there is none. Kept, because to look at all
    /// places right after one was written costs more than the whole message: the processor cannot
    /// yet give what is partly in its store buffer to a load of two words.
    best: u64,
    /// The levels that are not near.
    far: Far,
    /// Of the near levels.
    volumes: [Volume; NEAR],
    /// Where the best near level is.
    best_at: u64,
    /// The [`ordinal`] of the best level that is not near; 0 where there is none.
    far_best: u64,
}

const _: () = assert!(size_of::<Levels>() == 128);

impl Levels {
    /// Adds an order to the level of its price.
    #[inline(always)]
    pub(super) fn join(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let free = self.free();
        let here = self.of_price(price) & !free;
        let order = ordinal(price, flip);
        // A price better than all that are not near is not among them.
        let new = if order > self.far_best { free } else { 0 };
        let places = if here != 0 { here } else { new };
        let at = places.trailing_zeros() as usize;
        if let Some(volume) = self.volumes.get_mut(at)
            && let Some(joined) = volume.joined(quantity)
        {
            *volume = joined;
            self.prices[at] = price;
            self.best_at = if order >= self.best { at as u64 } else { self.best_at };
            self.best = self.best.max(order);
            return;
        }
        self.join_elsewhere(arena, flip, price, quantity);
    }

    /// Takes `quantity` of an order from the level of its price, and with `whole` the order itself.
    #[inline(always)]
    pub(super) fn leave(
        &mut self,
        arena: &mut Arena,
        flip: i64,
        price: Price,
        quantity: u32,
        whole: bool,
    ) {
        let at = (self.of_price(price) & !self.free()).trailing_zeros() as usize;
        match self.volumes.get_mut(at) {
            Some(volume) => {
                *volume = volume.left(quantity, whole);
                if volume.is_nothing() & (self.best_at == at as u64) {
                    self.find_best(flip);
                }
            }
            None => self.leave_far(arena, flip, price, quantity, whole),
        }
    }

    /// Lets `quantity` be all that stands at a price, as if it were one order.
    #[inline(always)]
    pub(super) fn set(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let at = (self.of_price(price) & !self.free()).trailing_zeros() as usize;
        match self.volumes.get_mut(at) {
            Some(volume) if quantity > 0 => *volume = Volume::one(quantity),
            Some(volume) => {
                *volume = Volume::NOTHING;
                if self.best_at == at as u64 {
                    self.find_best(flip);
                }
            }
            None => self.set_far(arena, flip, price, quantity),
        }
    }

    /// Asks for both cache lines.
    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(&self.prices);
        prefetch(&self.volumes);
    }

    /// The best level.
    #[inline(always)]
    pub(super) fn best(&self, arena: &Arena, flip: i64) -> Level {
        if self.best > self.far_best {
            let volume = self.volumes[self.best_at as usize % NEAR];
            return Level::of(price_of(self.best, flip), volume);
        }
        self.far.levels(arena).last().map_or_else(|| self.only_worst(flip), |level| *level)
    }

    /// All levels, best first.
    pub(super) fn iter<'a>(
        &'a self,
        arena: &'a Arena,
        flip: i64,
    ) -> impl Iterator<Item = Level> + 'a {
        let mut near: [Level; NEAR] =
            std::array::from_fn(|at| Level::of(self.prices[at], self.volumes[at]));
        // Places that are free first, and behind them the levels, better ones last.
        near.sort_unstable_by_key(|level| (level.orders > 0, ordinal(level.price, flip)));
        let mut taken = near.into_iter().filter(|level| level.orders > 0).rev().peekable();
        let mut far = self.far.levels(arena).iter().rev().copied().peekable();
        std::iter::from_fn(move || match (taken.peek(), far.peek()) {
            (Some(one), Some(other)) if ordinal(one.price, flip) < ordinal(other.price, flip) => {
                far.next()
            }
            (None, _) => far.next(),
            _ => taken.next(),
        })
    }

    /// Removes every level and gives the block back.
    pub(super) fn clear(&mut self, arena: &mut Arena) {
        self.far.clear(arena);
        self.zero();
    }

    /// A bit for each place that has this price.
    #[inline(always)]
    fn of_price(&self, price: Price) -> u32 {
        let bits = self.prices.iter().enumerate();
        bits.fold(0, |places, (at, found)| places | u32::from(*found == price) << at)
    }

    /// A bit for each place where there is no level.
    #[inline(always)]
    fn free(&self) -> u32 {
        let bits = self.volumes.iter().enumerate();
        bits.fold(0, |places, (at, volume)| places | u32::from(volume.is_nothing()) << at)
    }

    /// Looks for the best near level.
    #[inline]
    fn find_best(&mut self, flip: i64) {
        (self.best, self.best_at) = (0, 0);
        for at in 0..NEAR {
            // All ones where there is a level: a branch here would be anybody's guess.
            let level = u64::from(self.volumes[at].is_nothing()).wrapping_sub(1);
            let found = ordinal(self.prices[at], flip) & level;
            self.best_at = if found > self.best { at as u64 } else { self.best_at };
            self.best = self.best.max(found);
        }
    }

    /// Of a side without far levels: the level at the worst of all prices, which compares as none.
    #[cold]
    fn only_worst(&self, flip: i64) -> Level {
        let is_it =
            |at: &usize| !self.volumes[*at].is_nothing() && ordinal(self.prices[*at], flip) == 0;
        let at = (0..NEAR).find(is_it);
        at.map_or(Level::NONE, |at| Level::of(self.prices[at], self.volumes[at]))
    }

    /// An order whose price is not near, or whose level grows too large to be.
    #[inline(never)]
    fn join_elsewhere(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let free = self.free();
        let near = (self.of_price(price) & !free).trailing_zeros() as usize;
        let mut level = Level { price, quantity: u64::from(quantity), orders: 1 };
        if let Some(volume) = self.volumes.get_mut(near) {
            let before = std::mem::replace(volume, Volume::NOTHING);
            level.quantity += before.quantity();
            level.orders += before.orders();
            self.find_best(flip);
            return self.put_far(arena, flip, level);
        }
        if let Ok(at) = self.far.find(arena, flip, price) {
            let known = self.far.level_mut(arena, at);
            known.quantity += level.quantity;
            known.orders += 1;
            if free == 0 || Volume::of(known).is_none() {
                return;
            }
            level = self.far.remove(arena, at);
            self.far_best = self.far.best(arena, flip);
        }
        let Some(volume) = Volume::of(&level) else { return self.put_far(arena, flip, level) };
        let at = if free == 0 { self.worst_near(flip) } else { free.trailing_zeros() as usize };
        if free == 0 {
            let worst = Level::of(self.prices[at], self.volumes[at]);
            if ordinal(price, flip) < ordinal(worst.price, flip) {
                return self.put_far(arena, flip, level);
            }
            self.put_far(arena, flip, worst);
        }
        (self.prices[at], self.volumes[at]) = (price, volume);
        self.find_best(flip);
    }

    #[inline(never)]
    fn leave_far(
        &mut self,
        arena: &mut Arena,
        flip: i64,
        price: Price,
        quantity: u32,
        whole: bool,
    ) {
        let Ok(at) = self.far.find(arena, flip, price) else { return };
        let level = self.far.level_mut(arena, at);
        level.quantity -= u64::from(quantity);
        level.orders -= u64::from(whole);
        if level.orders == 0 {
            self.far.remove(arena, at);
            self.far_best = self.far.best(arena, flip);
        }
    }

    #[inline(never)]
    fn set_far(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        match self.far.find(arena, flip, price) {
            Ok(at) if quantity > 0 => {
                self.far.level_mut(arena, at).quantity = u64::from(quantity);
            }
            Ok(at) => {
                self.far.remove(arena, at);
                self.far_best = self.far.best(arena, flip);
            }
            Err(_) if quantity > 0 => self.join(arena, flip, price, quantity),
            Err(_) => {}
        }
    }

    /// A level that is not near, and not yet among those that are not.
    fn put_far(&mut self, arena: &mut Arena, flip: i64, level: Level) {
        let (Ok(at) | Err(at)) = self.far.find(arena, flip, level.price);
        self.far.insert(arena, at, level);
        self.far_best = self.far_best.max(ordinal(level.price, flip));
    }

    /// Where the worst near level is, if all places are taken.
    fn worst_near(&self, flip: i64) -> usize {
        let worst = (0..NEAR).min_by_key(|at| ordinal(self.prices[*at], flip));
        worst.unwrap_or_default()
    }
}

/// Prices in their order from worse to better: `flip` is 0 for bids and all ones for asks, and
/// exclusive or with all ones turns the order of integers round without a branch and without
/// overflow. The worst of all is 0.
#[inline(always)]
pub(super) fn ordinal(price: Price, flip: i64) -> u64 {
    (price.0 ^ flip ^ i64::MIN) as u64
}

/// The price of an [`ordinal`].
#[inline(always)]
fn price_of(ordinal: u64, flip: i64) -> Price {
    Price(ordinal as i64 ^ flip ^ i64::MIN)
}
