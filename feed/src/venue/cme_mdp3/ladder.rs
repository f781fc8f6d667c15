//! One side of a book as CME keeps it: levels by position, of which messages change some, and from
//! them what stands at each price.
//!
//! CME sends no level that is pushed out behind the last: whoever keeps the book drops it. So its
//! depth has to be known ("MDP 3.0 - Market by Price - Multiple Depth Book"), and a capture that
//! begins in the middle of a day knows of a level only what happened since. A level behind one that
//! is not known would look better than it is, so the levels that are shown end before the first
//! unknown one.

use tickline_shared::msg::{Flags, Side};
use tickline_shared::units::Price;

use super::scale::Scale;
use super::wire::{NO_PRICE, action};
use crate::venue::market::MarketEvent;

/// The most levels that a book has ("MDP 3.0 - Central Limit Order Book": 3, 5 or 10).
pub(super) const DEPTH_MAX: usize = 10;

/// A level as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rung {
    /// [`NO_PRICE`] where nothing is known, or nothing is there.
    mantissa: i64,
    quantity: u32,
}

const UNKNOWN: Rung = Rung { mantissa: NO_PRICE, quantity: 0 };

/// What stands at a price, as it was told last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Shown {
    price: Price,
    quantity: u32,
}

const NOTHING: Shown = Shown { price: Price::NONE, quantity: 0 };

/// One side of an instrument's book.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    rungs: [Rung; DEPTH_MAX],
    /// How many of them the venue sends.
    depth: u8,
    /// How many are shown.
    shown: u8,
    levels: [Shown; DEPTH_MAX],
}

impl Ladder {
    /// Nothing is known, and nothing shown.
    pub(super) const fn new() -> Ladder {
        Ladder {
            rungs: [UNKNOWN; DEPTH_MAX],
            depth: DEPTH_MAX as u8,
            shown: 0,
            levels: [NOTHING; DEPTH_MAX],
        }
    }

    /// How many levels the venue sends of this instrument. What is behind them is forgotten.
    pub(super) fn set_depth(&mut self, depth: u8) {
        self.depth = depth.clamp(1, DEPTH_MAX as u8);
        self.rungs[usize::from(self.depth)..].fill(UNKNOWN);
    }

    /// Follows an entry: `action` at the position `level`, 1 for the best. False for an action that
    /// the schema lacks, and for positions that a book has not.
    #[inline]
    pub(super) fn apply(&mut self, action: u8, level: u8, mantissa: i64, quantity: u32) -> bool {
        let rungs = &mut self.rungs[..usize::from(self.depth)];
        if action == action::DELETE_THRU {
            rungs.fill(UNKNOWN);
            return true;
        }
        let at = usize::from(level).wrapping_sub(1);
        if at >= rungs.len() {
            return false;
        }
        let rung = Rung { mantissa, quantity };
        match action {
            action::NEW => {
                rungs[at..].rotate_right(1);
                rungs[at] = rung;
            }
            action::CHANGE | action::OVERLAY => rungs[at] = rung,
            action::DELETE => {
                rungs[at] = UNKNOWN;
                rungs[at..].rotate_left(1);
            }
            action::DELETE_FROM => {
                rungs[..=at].fill(UNKNOWN);
                rungs.rotate_left(at + 1);
            }
            _ => return false,
        }
        true
    }

    /// Nothing is known any more; what is shown stays until [`Ladder::settle`].
    pub(super) fn forget(&mut self) {
        self.rungs.fill(UNKNOWN);
    }

    /// Nothing is shown any more: somebody has emptied the book that it was shown to.
    pub(super) fn hide(&mut self) {
        self.shown = 0;
    }

    /// Whether anything is shown.
    pub(super) fn is_shown(&self) -> bool {
        self.shown > 0
    }

    /// Says what stands at other prices, or in other quantities, than was said last.
    pub(super) fn settle(&mut self, side: Side, scale: Scale, mut say: impl FnMut(MarketEvent)) {
        let mut now = [NOTHING; DEPTH_MAX];
        let known = self.rungs.iter().take_while(|rung| rung.mantissa != NO_PRICE);
        let mut count = 0;
        for (place, rung) in now.iter_mut().zip(known) {
            *place = Shown { price: scale.price(rung.mantissa), quantity: rung.quantity };
            count += 1;
        }
        let (old, new) = (&self.levels[..usize::from(self.shown)], &now[..count]);
        // Most often few levels differ, and those before them need no search.
        let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let (old, new) = (&old[same..], &new[same..]);
        let mut level = |price, quantity| {
            let flags = match quantity {
                u32::MAX => Flags::SATURATED,
                _ => Flags::default(),
            };
            say(MarketEvent::Level { side, price, quantity, flags, complete: false });
        };
        for gone in old.iter().filter(|old| new.iter().all(|new| new.price != old.price)) {
            level(gone.price, 0);
        }
        for changed in new.iter().filter(|new| !old.contains(new)) {
            level(changed.price, changed.quantity);
        }
        (self.levels, self.shown) = (now, count as u8);
    }
}
