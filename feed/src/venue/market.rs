//! What happened in the market: what all venues' messages come down to before they meet the book.

use tickline_shared::msg::Side;
use tickline_shared::units::{Price, Symbol};

/// A decoded message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// The venue's own type of the message.
    pub kind: u8,
    /// Whether the message holds bytes that its type does not explain.
    pub longer: bool,
    /// The venue's clock in ns; since midnight or since the Unix epoch, as the venue has it.
    pub timestamp: u64,
    /// The venue's number of the instrument, used as an index; 0 where there is none.
    pub instrument: u16,
    /// What it says.
    pub event: MarketEvent,
}

/// What a message says. Quantities of order events are those added or taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarketEvent {
    /// The instrument has this name.
    Directory {
        /// Its name.
        symbol: Symbol,
    },
    /// An order enters the book.
    Add {
        /// The venue's order reference.
        id: u64,
        /// The side it stands on.
        side: Side,
        /// Its limit.
        price: Price,
        /// Shares or lots.
        quantity: u32,
        /// The instrument's name.
        symbol: Symbol,
    },
    /// A part of an order is executed.
    Execute {
        /// The order.
        id: u64,
        /// How much.
        quantity: u32,
        /// The venue's match number.
        match_id: u64,
        /// The price of the execution where it is not that of the order.
        price: Option<Price>,
        /// Whether it counts for the tape and for volume.
        printable: bool,
    },
    /// A part of an order is cancelled.
    Reduce {
        /// The order.
        id: u64,
        /// How much.
        quantity: u32,
    },
    /// An order leaves the book.
    Delete {
        /// The order.
        id: u64,
    },
    /// An order gives way to another one of the same side and instrument.
    Replace {
        /// The order that leaves.
        old: u64,
        /// The order that enters.
        id: u64,
        /// Its limit.
        price: Price,
        /// Shares or lots.
        quantity: u32,
    },
    /// A trade that moved no visible order: hidden, or in a cross. A quantity above `u32` is the
    /// venue's, and saturates in the record.
    Trade {
        /// The venue's match number.
        match_id: u64,
        /// The side of the resting order, where the venue says it.
        side: Side,
        /// The price of the execution.
        price: Price,
        /// Shares or lots.
        quantity: u64,
        /// The instrument's name.
        symbol: Symbol,
    },
    /// A trade did not take place after all.
    TradeBreak {
        /// The venue's match number.
        match_id: u64,
    },
    /// The venue's day begins: nothing of before is left.
    DayStart,
    /// Nothing that a book or a tape would show.
    Other,
}

/// A venue's decoder, as the loop calls it.
pub trait Decoder {
    /// Finds out what a message says.
    fn decode(bytes: &[u8]) -> Result<Decoded, super::Refused>;

    /// The instrument and the order that a message concerns, guessed at the least cost: good
    /// enough to fetch what lies in memory about them.
    fn concerns(bytes: &[u8]) -> Option<(u16, u64)>;
}
