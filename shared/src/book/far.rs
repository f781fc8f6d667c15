//! The levels of a side that have no place on its ladder: one sorted run in the arena, better ones
//! last.
//!
//! A level is found by walking from the better end, and by bisection further down; a new level
//! moves only those that are better than itself.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::arena::{Arena, BLOCK_MIN, capacity};
use super::levels::{Level, ordinal};
use crate::units::Price;

/// Levels that are walked before bisection takes over: 24 bytes each, so three cache lines that
/// the walk reads in order.
const WALKED: usize = 8;

/// Low bits of [`Far::block`] that name the class of the block; its place stands above them, in
/// blocks of the smallest size: 134 million of them, which are 25 GiB.
const CLASS_BITS: u32 = 5;

/// See the head of this file. Zeroed memory is an empty run.
#[derive(Clone, Copy, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Far {
    /// Where the block is in the arena, and its class plus one; 0 without a block.
    block: u32,
    /// How many levels it holds.
    count: u32,
}

impl Far {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[inline]
    pub(super) fn levels<'a>(&self, arena: &'a Arena) -> &'a [Level] {
        &arena.levels()[self.range()]
    }

    #[inline]
    fn levels_mut<'a>(&self, arena: &'a mut Arena) -> &'a mut [Level] {
        &mut arena.levels_mut()[self.range()]
    }

    #[inline]
    fn range(&self) -> std::ops::Range<usize> {
        let at = self.at();
        at..at + self.count as usize
    }

    #[inline]
    fn at(&self) -> usize {
        (self.block >> CLASS_BITS) as usize * BLOCK_MIN
    }

    /// The class of the block; `None` without one.
    #[inline]
    fn class(&self) -> Option<u32> {
        (self.block & ((1 << CLASS_BITS) - 1)).checked_sub(1)
    }

    /// The best level's place among prices; 0 where there is none.
    #[inline]
    pub(super) fn best(&self, arena: &Arena, flip: i64) -> u64 {
        self.levels(arena).last().map_or(0, |level| ordinal(level.price, flip))
    }

    /// The level of a price, if it is here: where.
    #[inline]
    pub(super) fn find(&self, arena: &Arena, flip: i64, price: Price) -> Result<usize, usize> {
        find(self.levels(arena), flip, price)
    }

    /// The level that [`Far::find`] has found.
    #[inline]
    pub(super) fn level_mut<'a>(&self, arena: &'a mut Arena, at: usize) -> &'a mut Level {
        &mut self.levels_mut(arena)[at]
    }

    /// Takes out the level that [`Far::find`] has found.
    #[inline]
    pub(super) fn remove(&mut self, arena: &mut Arena, at: usize) -> Level {
        let levels = self.levels_mut(arena);
        let level = levels[at];
        levels.copy_within(at + 1.., at);
        self.count -= 1;
        level
    }

    /// Puts in a level where [`Far::find`] has said that it should be.
    #[inline]
    pub(super) fn insert(&mut self, arena: &mut Arena, at: usize, level: Level) {
        let count = self.count as usize;
        if self.class().is_none_or(|class| count == capacity(class)) {
            self.grow(arena);
        }
        self.count += 1;
        let levels = self.levels_mut(arena);
        levels.copy_within(at..count, at + 1);
        levels[at] = level;
    }

    /// Gives the block back.
    pub(super) fn clear(&mut self, arena: &mut Arena) {
        if let Some(class) = self.class() {
            arena.give_back(self.at(), class);
        }
        (self.block, self.count) = (0, 0);
    }

    /// Moves to a block of twice the size.
    #[cold]
    fn grow(&mut self, arena: &mut Arena) {
        let class = self.class().map_or(0, |class| class + 1);
        let at = arena.take(class);
        arena.levels_mut().copy_within(self.range(), at);
        let count = self.count;
        self.clear(arena);
        let block = u32::try_from(at / BLOCK_MIN).ok().filter(|at| at >> (32 - CLASS_BITS) == 0);
        let block = block.expect("fewer levels than 25 GiB hold");
        (self.block, self.count) = (block << CLASS_BITS | (class + 1), count);
    }
}

/// Where a price is among levels, better ones last, or where it would have to be.
#[inline]
fn find(levels: &[Level], flip: i64, price: Price) -> Result<usize, usize> {
    let wanted = ordinal(price, flip);
    let walked = levels.len().saturating_sub(WALKED);
    for (at, level) in levels.iter().enumerate().skip(walked).rev() {
        let found = ordinal(level.price, flip);
        if found <= wanted {
            return if found == wanted { Ok(at) } else { Err(at + 1) };
        }
    }
    levels[..walked].binary_search_by_key(&wanted, |level| ordinal(level.price, flip))
}
