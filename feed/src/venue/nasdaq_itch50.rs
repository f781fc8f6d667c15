//! Nasdaq TotalView-ITCH 5.0: what a message's bytes mean.
//!
//! Every message is a struct whose fields stand in the order of the specification ("Nasdaq
//! TotalView-ITCH 5.0", sections 1.1 to 1.8); a decoded message is a reference into the bytes that
//! it came from. Integers are unsigned and big-endian, text is ASCII padded with spaces on the
//! right, and every bit pattern of the right length is a message: a code that this version does
//! not know is a value, not an error. A message longer than the specification says is accepted and
//! its tail ignored; a shorter one, and a type without an entry here, is [`Refused`].
//!
//! The structs can be written as well as read, so a generator fills in the same fields.

use std::fmt;

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::venue::Refused;

/// A price in 1e-4 dollars. The greatest is 200,000.0000, which stands for a market order in a
/// cross.
pub type Price4 = U32;

/// A price, or level of an index, in 1e-8 dollars or points.
pub type Price8 = U64;

/// An unsigned 48-bit integer, big-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct U48([u8; 6]);

impl U48 {
    /// The low 48 bits of `value`.
    #[inline]
    pub const fn new(value: u64) -> U48 {
        let [_, _, a, b, c, d, e, f] = value.to_be_bytes();
        U48([a, b, c, d, e, f])
    }

    /// The value in the machine's own order.
    #[inline]
    pub const fn get(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

impl fmt::Debug for U48 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

/// What every message begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// The type of the message: an ASCII letter.
    pub kind: u8,
    /// Number of the security for this day, fit as an index; 0 where a message concerns none.
    pub stock_locate: U16,
    /// Nasdaq's internal number.
    pub tracking_number: U16,
    /// Nanoseconds since midnight, US Eastern time.
    pub timestamp: U48,
}

const _: () = assert!(size_of::<Header>() == 11);

mod imbalances;
pub mod market;
mod orders;
mod securities;

pub use imbalances::{Dlcr, Noii, Rpii};
pub use orders::{
    AddOrder, AddOrderMpid, BrokenTrade, CrossTrade, OrderCancel, OrderDelete, OrderExecuted,
    OrderExecutedWithPrice, OrderReplace, Trade,
};
pub use securities::{
    IpoQuotingPeriod, LuldAuctionCollar, MarketParticipantPosition, MwcbDeclineLevel, MwcbStatus,
    OperationalHalt, RegSho, StockDirectory, StockTradingAction, SystemEvent,
};

messages! {
    SystemEvent,
    StockDirectory,
    StockTradingAction,
    RegSho,
    MarketParticipantPosition,
    MwcbDeclineLevel,
    MwcbStatus,
    IpoQuotingPeriod,
    LuldAuctionCollar,
    OperationalHalt,
    AddOrder,
    AddOrderMpid,
    OrderExecuted,
    OrderExecutedWithPrice,
    OrderCancel,
    OrderDelete,
    OrderReplace,
    Trade,
    CrossTrade,
    BrokenTrade,
    Noii,
    Rpii,
    Dlcr,
}

/// When a message was sent, in nanoseconds since midnight, US Eastern time, without a look at its
/// type; `None` where it is shorter than a [`Header`].
#[inline]
pub fn timestamp(bytes: &[u8]) -> Option<u64> {
    Header::ref_from_prefix(bytes).ok().map(|(header, _)| header.timestamp.get())
}

#[cfg(test)]
mod tests;
