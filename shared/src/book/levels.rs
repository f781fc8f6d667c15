//! The price levels of one side of an instrument: its two best in the side's own cache line, which
//! is where most messages end, the others behind it in one sorted run with the better ones last.
//!
//! Behind the touch a level is found by walking from the better end, and by bisection further down;
//! a new level moves only those that are better than itself.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::units::Price;

use super::arena::{Arena, capacity};

/// Levels that are walked before bisection takes over: 24 bytes each, so three cache lines that
/// the walk reads in order.
const WALKED: usize = 8;

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

    #[inline(always)]
    fn join(&mut self, quantity: u32) {
        self.quantity += u64::from(quantity);
        self.orders += 1;
    }

    /// Says whether nobody is left.
    #[inline(always)]
    fn leave(&mut self, quantity: u32, whole: bool) -> bool {
        self.quantity -= u64::from(quantity);
        self.orders -= u64::from(whole);
        self.orders == 0
    }
}

/// One side. Zeroed memory is an empty one.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub(super) struct Levels {
    /// The best levels, best first.
    near: [Level; 2],
    /// How many of them there are. Less than two only while there are none further down.
    near_count: u32,
    /// The class of the block that holds the levels further down, plus one; 0 without a block.
    class: u32,
    /// Where that block begins in the arena.
    far_at: u32,
    /// How many levels it holds, better ones last.
    far_count: u32,
}

const _: () = assert!(size_of::<Levels>() == 64);

impl Levels {
    /// Adds an order to the level of its price.
    #[inline(always)]
    pub(super) fn join(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        match self.near_at(price) {
            Some(at) => self.near[at].join(quantity),
            None => self.join_elsewhere(arena, flip, price, quantity),
        }
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
        let Some(at) = self.near_at(price) else {
            return self.leave_far(arena, flip, price, quantity, whole);
        };
        if self.near[at].leave(quantity, whole) {
            self.remove_near(arena, at);
        }
    }

    /// The best level.
    #[inline]
    pub(super) fn best(&self) -> Level {
        if self.near_count > 0 { self.near[0] } else { Level::NONE }
    }

    /// All levels, best first.
    pub(super) fn iter<'a>(
        &'a self,
        arena: &'a Arena,
    ) -> impl DoubleEndedIterator<Item = &'a Level> {
        let near = self.near[..self.near_count as usize].iter();
        near.chain(arena.levels()[self.far()].iter().rev())
    }

    /// Removes every level and gives the block back.
    pub(super) fn clear(&mut self, arena: &mut Arena) {
        if let Some(class) = self.class.checked_sub(1) {
            arena.give_back(self.far_at as usize, class);
        }
        (self.near_count, self.far_count, self.far_at, self.class) = (0, 0, 0, 0);
    }

    #[inline]
    fn far(&self) -> std::ops::Range<usize> {
        let at = self.far_at as usize;
        at..at + self.far_count as usize
    }

    /// Which of the near levels has this price, chosen without a branch.
    #[inline(always)]
    fn near_at(&self, price: Price) -> Option<usize> {
        let first = (self.near[0].price == price) & (self.near_count > 0);
        let second = (self.near[1].price == price) & (self.near_count > 1);
        (first | second).then_some(usize::from(second))
    }

    #[inline(never)]
    fn join_elsewhere(&mut self, arena: &mut Arena, flip: i64, price: Price, quantity: u32) {
        let level = Level { price, quantity: u64::from(quantity), orders: 1 };
        let better = |near: &Level| rank(near.price, flip) > rank(price, flip);
        let at = self.near[..self.near_count as usize].iter().filter(|near| better(near)).count();
        if at < 2 {
            return self.insert_near(arena, at, level);
        }
        match find(&arena.levels()[self.far()], flip, price) {
            Ok(at) => arena.levels_mut()[self.far_at as usize + at].join(quantity),
            Err(at) => self.insert_far(arena, at, level),
        }
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
        let far = self.far();
        let levels = &mut arena.levels_mut()[far];
        let Ok(at) = find(levels, flip, price) else { return };
        if levels[at].leave(quantity, whole) {
            levels.copy_within(at + 1.., at);
            self.far_count -= 1;
        }
    }

    /// `at` is at most the number of near levels.
    #[inline]
    fn insert_near(&mut self, arena: &mut Arena, at: usize, level: Level) {
        let [best, second] = self.near;
        if self.near_count == 2 {
            self.insert_far(arena, self.far_count as usize, second);
        } else {
            self.near_count += 1;
        }
        self.near = if at == 0 { [level, best] } else { [best, level] };
    }

    #[inline]
    fn remove_near(&mut self, arena: &Arena, at: usize) {
        if at == 0 {
            self.near[0] = self.near[1];
        }
        match self.far().next_back() {
            Some(next) => {
                self.near[1] = arena.levels()[next];
                self.far_count -= 1;
            }
            None => self.near_count -= 1,
        }
    }

    /// `at` counts from the beginning of the block.
    #[inline]
    fn insert_far(&mut self, arena: &mut Arena, at: usize, level: Level) {
        let count = self.far_count as usize;
        if self.class == 0 || count == capacity(self.class - 1) {
            self.grow(arena);
        }
        let start = self.far_at as usize;
        let levels = &mut arena.levels_mut()[start..=start + count];
        levels.copy_within(at..count, at + 1);
        levels[at] = level;
        self.far_count += 1;
    }

    /// Moves to a block of twice the size.
    #[cold]
    fn grow(&mut self, arena: &mut Arena) {
        let at = arena.take(self.class);
        if let Some(class) = self.class.checked_sub(1) {
            arena.levels_mut().copy_within(self.far(), at);
            arena.give_back(self.far_at as usize, class);
        }
        self.far_at = u32::try_from(at).expect("fewer levels than fit into memory");
        self.class += 1;
    }
}

/// Where a price is among levels, better ones last, or where it would have to be.
#[inline]
fn find(levels: &[Level], flip: i64, price: Price) -> Result<usize, usize> {
    let wanted = rank(price, flip);
    let walked = levels.len().saturating_sub(WALKED);
    for (at, level) in levels.iter().enumerate().skip(walked).rev() {
        let found = rank(level.price, flip);
        if found <= wanted {
            return if found == wanted { Ok(at) } else { Err(at + 1) };
        }
    }
    levels[..walked].binary_search_by_key(&wanted, |level| rank(level.price, flip))
}

/// Orders prices from worse to better: `flip` is 0 for bids and all ones for asks, and exclusive or
/// with all ones turns the order of integers round without a branch and without overflow.
#[inline]
fn rank(price: Price, flip: i64) -> i64 {
    price.0 ^ flip
}
