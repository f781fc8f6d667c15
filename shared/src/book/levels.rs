//! The price levels of one side of an instrument: a ladder of 64 places a tick apart, which holds
//! the touch and what is near it, and behind it the others in one sorted run.
//!
//! ```text
//!  line 0      base  tick  …  taken  where the run is and its best
//!  lines 1–8   volume of base, of base + 1 tick, of base + 2 ticks, …  of base + 63 ticks
//! ```
//!
//! The price says the place, so nothing is looked for: an order touches the first line and that of
//! its volume, whose neighbours are the next prices. A bit says where a level is, so the best one is
//! the highest bit. Better prices have higher places on either side, see [`ordinal`].
//!
//! A price that has a place is never in the run. Prices that have none are those beyond either end,
//! and between two ticks. Where the touch leaves the ladder it is laid anew, and where many prices
//! found no place it may be, with another tick: that of the levels nearest to the touch.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::prefetch::prefetch;
use crate::units::Price;

use super::arena::Arena;
use super::far::Far;
use super::volume::Volume;

mod tick;

/// Places of a ladder: as many as bits in a word.
const PLACES: usize = 64;

/// Where the best level comes to be when a ladder is laid: of a real day's messages 95 % are for the
/// best 32 levels, and the touch moves both ways.
const TOUCH: u64 = 47;

/// Where the best level has sunk so low that the ladder is worth laying anew.
const LOW: u64 = 16;

/// After so many prices without a place the tick may be another.
const STRAYS: u32 = 16;

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
    /// The [`ordinal`] of the lowest place.
    base: u64,
    /// Ordinals from one place to the next.
    tick: u64,
    /// What undoes a multiplication by the odd factor of the tick; the other factor is
    /// `1 << twos`.
    inverse: u64,
    /// [`PLACES`]; 0 where there is no ladder, because the side is empty or a level is larger than
    /// a volume can say.
    places: u64,
    /// A bit for each place where there is a level.
    taken: u64,
    /// The [`ordinal`] of the best level of the run; 0 where there is none.
    far_best: u64,
    /// The levels that have no place.
    far: Far,
    twos: u32,
    /// Orders that found no place since it was last asked whether the tick is right.
    strays: u32,
    volumes: [Volume; PLACES],
}

const _: () = assert!(size_of::<Levels>() == 64 + PLACES * 8);

impl Levels {
    /// Adds an order to the level of its price.
    #[inline(always)]
    pub(super) fn join(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let at = self.place(ordinal(price, flip));
        if at < self.places
            && let Some(joined) = self.volumes[at as usize % PLACES].joined(quantity)
        {
            self.volumes[at as usize % PLACES] = joined;
            self.taken |= 1 << at;
            return;
        }
        self.join_far(arena, flip, Level { price, quantity: quantity.into(), orders: 1 });
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
        let at = self.place(ordinal(price, flip));
        if at >= self.places {
            return self.leave_far(arena, flip, price, quantity, whole);
        }
        let left = self.volumes[at as usize % PLACES].left(quantity, whole);
        self.put(at, left);
    }

    /// Lets `quantity` be all that stands at a price, as if it were one order.
    #[inline(always)]
    pub(super) fn set(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let at = self.place(ordinal(price, flip));
        if at >= self.places {
            return self.set_far(arena, flip, price, quantity);
        }
        self.put(at, if quantity > 0 { Volume::one(quantity) } else { Volume::NOTHING });
    }

    /// Asks for the line that every order needs.
    #[inline(always)]
    pub(super) fn prefetch(&self) {
        prefetch(self);
    }

    /// Asks for the line of a price; for any where it has no place.
    #[inline(always)]
    pub(super) fn prefetch_level(&self, flip: i64, price: Price) {
        let at = self.place(ordinal(price, flip));
        prefetch(&self.volumes[at as usize % PLACES]);
    }

    /// The best level.
    #[inline(always)]
    pub(super) fn best(&self, arena: &Arena, flip: i64) -> Level {
        if self.taken != 0 {
            let at = self.taken.ilog2();
            let best = self.ordinal_at(at.into());
            if best >= self.far_best {
                return Level::of(price_of(best, flip), self.volumes[at as usize]);
            }
        }
        self.far.levels(arena).last().copied().unwrap_or(Level::NONE)
    }

    /// All levels, best first.
    pub(super) fn iter<'a>(
        &'a self,
        arena: &'a Arena,
        flip: i64,
    ) -> impl Iterator<Item = Level> + 'a {
        let mut near = bits(self.taken).map(move |at| self.level(at, flip)).peekable();
        let mut far = self.far.levels(arena).iter().rev().copied().peekable();
        std::iter::from_fn(move || match (near.peek(), far.peek()) {
            (Some(one), Some(other)) if ordinal(one.price, flip) < ordinal(other.price, flip) => {
                far.next()
            }
            (None, _) => far.next(),
            _ => near.next(),
        })
    }

    /// Removes every level and gives the block back.
    pub(super) fn clear(&mut self, arena: &mut Arena) {
        self.far.clear(arena);
        self.zero();
    }

    /// The place of a price; [`Levels::places`] or more where it has none. What is no multiple of
    /// the tick above the base becomes a large number too: dividing by an odd number is multiplying
    /// by its inverse, which leaves only multiples small, and of the power of two what remains is
    /// rotated to the top.
    #[inline(always)]
    fn place(&self, ordinal: u64) -> u64 {
        ordinal.wrapping_sub(self.base).wrapping_mul(self.inverse).rotate_right(self.twos)
    }

    #[inline(always)]
    fn ordinal_at(&self, place: u64) -> u64 {
        self.base.wrapping_add(place * self.tick)
    }

    fn level(&self, place: u64, flip: i64) -> Level {
        let price = price_of(self.ordinal_at(place), flip);
        Level::of(price, self.volumes[place as usize])
    }

    /// Lets a volume be what is at a place.
    #[inline(always)]
    fn put(&mut self, place: u64, volume: Volume) {
        self.volumes[place as usize % PLACES] = volume;
        let there = u64::from(!volume.is_nothing());
        self.taken = self.taken & !(1 << place) | there << place;
    }

    /// An order whose price has no place, or whose level grows too large for one.
    #[inline(never)]
    fn join_far(&mut self, arena: &mut Arena, flip: i64, level: Level) {
        if self.taken == 0 && self.far.is_empty() {
            return self.open(flip, level);
        }
        if self.place(ordinal(level.price, flip)) < self.places {
            self.fold(arena, flip);
        }
        match self.far.find(arena, flip, level.price) {
            Ok(at) => {
                let known = self.far.level_mut(arena, at);
                known.quantity += level.quantity;
                known.orders += level.orders;
            }
            Err(at) => self.far.insert(arena, at, level),
        }
        self.far_best = self.far_best.max(ordinal(level.price, flip));
        self.strays += 1;
        self.follow_touch(arena, flip);
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
            self.remove_far(arena, flip, at);
        }
    }

    #[inline(never)]
    fn set_far(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        match self.far.find(arena, flip, price) {
            Ok(at) if quantity > 0 => {
                self.far.level_mut(arena, at).quantity = u64::from(quantity);
            }
            Ok(at) => self.remove_far(arena, flip, at),
            Err(_) if quantity > 0 => {
                self.join_far(arena, flip, Level { price, quantity: quantity.into(), orders: 1 });
            }
            Err(_) => {}
        }
    }

    fn remove_far(&mut self, arena: &mut Arena, flip: i64, at: usize) {
        self.far.remove(arena, at);
        self.far_best = self.far.best(arena, flip);
        self.follow_touch(arena, flip);
    }

    /// Lays the ladder anew where the touch has left it or is about to, and where the tick has
    /// become another.
    fn follow_touch(&mut self, arena: &mut Arena, flip: i64) {
        if self.places == 0 || self.far.is_empty() {
            return;
        }
        let near = self.taken.checked_ilog2().map(u64::from);
        let best = near.map_or(0, |at| self.ordinal_at(at)).max(self.far_best);
        // Beyond the upper end, or all of the ladder is empty below it.
        let away = best.wrapping_sub(self.base) / self.tick >= PLACES as u64;
        let low = near.is_none_or(|at| at < LOW);
        if !away && !low && self.strays < STRAYS {
            return;
        }
        self.strays = 0;
        let tick = tick::of(self.iter(arena, flip));
        if away || low || tick != self.tick {
            self.lay(arena, flip, best, tick);
        }
    }

    /// The first level of a side.
    #[cold]
    fn open(&mut self, flip: i64, level: Level) {
        self.scale(ordinal(level.price, flip), tick::of(std::iter::once(level)));
        match Volume::of(&level) {
            Some(volume) => self.put(self.place(ordinal(level.price, flip)), volume),
            None => unreachable!("one order fits"),
        }
    }

    /// Lays a ladder of this tick with the best level at its place: all that has a place in it comes
    /// to it, and what was in the one before and has none goes to the run.
    #[cold]
    fn lay(&mut self, arena: &mut Arena, flip: i64, best: u64, tick: u64) {
        let before = *self;
        (self.volumes, self.taken) = ([Volume::NOTHING; PLACES], 0);
        self.scale(best, tick);
        let mut too_large = false;
        for at in (0..self.far.levels(arena).len()).rev() {
            let level = self.far.levels(arena)[at];
            let found = ordinal(level.price, flip);
            if found < self.base {
                break;
            }
            let place = self.place(found);
            if place < self.places {
                match Volume::of(&level) {
                    Some(volume) => {
                        self.far.remove(arena, at);
                        self.put(place, volume);
                    }
                    None => too_large = true,
                }
            }
        }
        for at in bits(before.taken) {
            let place = self.place(before.ordinal_at(at));
            match place < self.places {
                true => self.put(place, before.volumes[at as usize]),
                false => self.put_far(arena, flip, before.level(at, flip)),
            }
        }
        if too_large {
            self.fold(arena, flip);
        }
        self.far_best = self.far.best(arena, flip);
    }

    /// Sets where the ladder begins, and its tick. No ordinal of it wraps.
    fn scale(&mut self, best: u64, tick: u64) {
        let last = PLACES as u64 - 1;
        let above = (u64::MAX - best) / tick;
        let below = TOUCH.max(last.saturating_sub(above)).min(best / tick);
        (self.base, self.tick, self.places) = (best - below * tick, tick, PLACES as u64);
        (self.twos, self.inverse) = (tick.trailing_zeros(), tick::inverse(tick));
    }

    /// Moves every level to the run, until the side is empty.
    #[cold]
    fn fold(&mut self, arena: &mut Arena, flip: i64) {
        let before = *self;
        (self.volumes, self.taken, self.places) = ([Volume::NOTHING; PLACES], 0, 0);
        bits(before.taken).for_each(|at| self.put_far(arena, flip, before.level(at, flip)));
        self.far_best = self.far.best(arena, flip);
    }

    /// A level that is not in the run.
    fn put_far(&mut self, arena: &mut Arena, flip: i64, level: Level) {
        let (Ok(at) | Err(at)) = self.far.find(arena, flip, level.price);
        self.far.insert(arena, at, level);
    }
}

/// The places of bits, from the highest to the lowest.
fn bits(mut word: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let at = word.checked_ilog2()?;
        word &= !(1 << at);
        Some(at.into())
    })
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
