//! What the entries of several templates have in common.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::wire::{
    BookEntry, BookEntryLong, DailyStatistics, LimitsBanding, NO_LONG_SIZE, NO_SIZE, NO_TRADE_ID,
    SessionStatistics, SessionStatisticsLong, SnapshotEntry, SnapshotEntryLong, SnapshotTcpEntry,
    TradeEntry, TradeSummary, TradeSummaryLong, Volume, VolumeLong,
};

/// A block of a group.
pub(super) trait Block: FromBytes + Immutable + KnownLayout + Unaligned {}

impl<T: FromBytes + Immutable + KnownLayout + Unaligned> Block for T {}

/// A numbered entry of an instrument.
pub(super) trait Entry: Block {
    /// The instrument.
    fn security_id(&self) -> u32;

    /// Its number among those of the instrument; 0 for none.
    fn rpt_seq(&self) -> u32;
}

/// A price level.
pub(super) trait Level: Block {
    /// The mantissa of its price.
    fn price(&self) -> i64;

    /// What stands there; what does not fit is the greatest that does.
    fn quantity(&self) -> u32;

    /// The position, 1 for the best.
    fn position(&self) -> u8;

    /// What it is about.
    fn entry_type(&self) -> u8;
}

/// A change of a price level.
pub(super) trait Update: Entry + Level {
    /// What happens to it.
    fn action(&self) -> u8;
}

/// A trade.
pub(super) trait Trade: Entry {
    /// The mantissa of its price.
    fn price(&self) -> i64;

    /// How much.
    fn quantity(&self) -> u64;

    /// Whose order was the aggressor.
    fn aggressor(&self) -> u8;

    /// Whether it is new, corrected or broken.
    fn action(&self) -> u8;

    /// Its number, in a message of this version of the schema.
    fn trade_id(&self, version: u16) -> Option<u32>;
}

macro_rules! entries {
    ($($name:ident,)*) => {
        $(impl Entry for $name {
            #[inline]
            fn security_id(&self) -> u32 {
                self.security_id.get() as u32
            }

            #[inline]
            fn rpt_seq(&self) -> u32 {
                self.rpt_seq.get()
            }
        })*
    };
}

entries! {
    BookEntry, BookEntryLong, TradeEntry, TradeSummary, TradeSummaryLong, Volume, VolumeLong,
    SessionStatistics, SessionStatisticsLong, DailyStatistics, LimitsBanding,
}

macro_rules! levels {
    ($($name:ident by $size:ident,)*) => {
        $(impl Level for $name {
            #[inline]
            fn price(&self) -> i64 {
                self.price.get()
            }

            #[inline]
            fn quantity(&self) -> u32 {
                $size(self.size.get()).try_into().unwrap_or(u32::MAX)
            }

            #[inline]
            fn position(&self) -> u8 {
                self.price_level
            }

            #[inline]
            fn entry_type(&self) -> u8 {
                self.entry_type
            }
        })*
    };
}

levels! {
    BookEntry by short,
    BookEntryLong by long,
    SnapshotEntry by short,
    SnapshotEntryLong by long,
    SnapshotTcpEntry by short,
}

impl Update for BookEntry {
    #[inline]
    fn action(&self) -> u8 {
        self.update_action
    }
}

impl Update for BookEntryLong {
    #[inline]
    fn action(&self) -> u8 {
        self.update_action
    }
}

macro_rules! trades {
    ($($name:ident by $size:ident, |$it:ident, $version:ident| $trade_id:expr;)*) => {
        $(impl Trade for $name {
            #[inline]
            fn price(&self) -> i64 {
                self.price.get()
            }

            #[inline]
            fn quantity(&self) -> u64 {
                $size(self.size.get())
            }

            #[inline]
            fn aggressor(&self) -> u8 {
                self.aggressor_side
            }

            #[inline]
            fn action(&self) -> u8 {
                self.update_action
            }

            #[inline]
            fn trade_id(&self, $version: u16) -> Option<u32> {
                let $it = self;
                $trade_id
            }
        })*
    };
}

trades! {
    TradeEntry by short, |it, _version| Some(it.trade_id.get() as u32);
    TradeSummary by short, |it, version| {
        let id = it.trade_entry_id.get();
        (version >= TRADE_ENTRY_ID_SINCE && id != NO_TRADE_ID).then_some(id)
    };
    TradeSummaryLong by long, |it, _version| {
        let id = it.trade_entry_id.get();
        (id != NO_TRADE_ID).then_some(id)
    };
}

/// The first version of the schema in which a trade has a number.
const TRADE_ENTRY_ID_SINCE: u16 = 7;

/// A quantity of 32 bits; none, and one below zero, is nothing.
#[inline]
fn short(size: i32) -> u64 {
    if size == NO_SIZE { 0 } else { size.try_into().unwrap_or(0) }
}

/// A quantity of 64 bits; none is nothing.
#[inline]
fn long(size: u64) -> u64 {
    if size == NO_LONG_SIZE { 0 } else { size }
}
