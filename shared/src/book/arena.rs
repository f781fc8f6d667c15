//! Memory for the levels behind the touch, shared by all sides of all instruments: blocks of
//! 8, 16, 32 and more levels, so that a side which grows takes a larger block and leaves its own
//! to the next.

use std::io;

use super::levels::Level;
use super::pages::Pages;

/// Levels of the smallest block: three cache lines.
pub(super) const BLOCK_MIN: usize = 8;

/// Sizes of blocks: up to 2^35 levels, far beyond any memory.
const CLASSES: usize = 32;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Arena {
    levels: Pages<Level>,
    /// Levels that were given out at least once.
    used: usize,
    /// By class, one more than the place of the first free block; each free block names the next
    /// one in its first level.
    free: [u64; CLASSES],
    growths: u64,
}

impl Arena {
    /// Room for so many levels, and for the smallest block of so many sides besides.
    pub(super) fn with_capacity(levels: usize, sides: usize) -> io::Result<Arena> {
        let levels = Pages::of(levels.saturating_add(sides * BLOCK_MIN))?;
        Ok(Arena { levels, used: 0, free: [0; CLASSES], growths: 0 })
    }

    /// A block of [`capacity`]`(class)` levels: where it begins.
    pub(super) fn take(&mut self, class: u32) -> usize {
        if let Some(at) = self.free[class as usize].checked_sub(1) {
            self.free[class as usize] = self.levels[at as usize].quantity;
            return at as usize;
        }
        let at = self.used;
        self.used += capacity(class);
        if self.used > self.levels.len() {
            self.grow();
        }
        at
    }

    /// Gives a block back.
    pub(super) fn give_back(&mut self, at: usize, class: u32) {
        self.levels[at].quantity = self.free[class as usize];
        self.free[class as usize] = at as u64 + 1;
    }

    /// Takes every block back.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.free = [0; CLASSES];
    }

    #[inline]
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    #[inline]
    pub(super) fn levels_mut(&mut self) -> &mut [Level] {
        &mut self.levels
    }

    pub(super) fn growths(&self) -> u64 {
        self.growths
    }

    pub(super) fn bytes(&self) -> usize {
        self.levels.bytes()
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.used.next_power_of_two();
        self.levels = self.levels.extended_to(length).expect("memory for more price levels");
        self.growths += 1;
    }
}

/// Levels in a block of this class.
#[inline]
pub(super) fn capacity(class: u32) -> usize {
    BLOCK_MIN << class
}
