//! Orders and trades (sections 1.3 to 1.5).
//!
//! Executions and cancellations name an order by its reference only, and their shares add up:
//! an order with none left is gone.

use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Header, Price4};

message! {
    /// An order without attribution enters the book.
    b'A', 36, AddOrder {
        /// Unique within the day.
        order_reference: U64,
        /// `B` buy, `S` sell.
        side: u8,
        /// Shares.
        shares: U32,
        /// Symbol.
        stock: [u8; 8],
        /// Price of the order.
        price: Price4,
    }
}

message! {
    /// An order enters the book under its participant's name.
    b'F', 40, AddOrderMpid {
        /// Unique within the day.
        order_reference: U64,
        /// `B` buy, `S` sell.
        side: u8,
        /// Shares.
        shares: U32,
        /// Symbol.
        stock: [u8; 8],
        /// Price of the order.
        price: Price4,
        /// The participant.
        attribution: [u8; 4],
    }
}

message! {
    /// An order executes at its own price.
    b'E', 31, OrderExecuted {
        /// The order in the book.
        order_reference: U64,
        /// Shares executed now.
        executed_shares: U32,
        /// Unique within the day.
        match_number: U64,
    }
}

message! {
    /// An order executes at another price than its own.
    b'C', 36, OrderExecutedWithPrice {
        /// The order in the book.
        order_reference: U64,
        /// Shares executed now.
        executed_shares: U32,
        /// Unique within the day.
        match_number: U64,
        /// `N`: counted elsewhere (a cross), not for the tape nor for volume.
        printable: u8,
        /// Price of the execution.
        execution_price: Price4,
    }
}

message! {
    /// A part of an order is cancelled.
    b'X', 23, OrderCancel {
        /// The order in the book.
        order_reference: U64,
        /// Shares taken away now.
        cancelled_shares: U32,
    }
}

message! {
    /// An order leaves the book.
    b'D', 19, OrderDelete {
        /// The order in the book.
        order_reference: U64,
    }
}

message! {
    /// An order takes another's place; side, symbol and attribution stay.
    b'U', 35, OrderReplace {
        /// The order that leaves the book.
        original_order_reference: U64,
        /// The order that enters it, named so from now on.
        new_order_reference: U64,
        /// Shares of the new order.
        shares: U32,
        /// Price of the new order.
        price: Price4,
    }
}

message! {
    /// An order that was not displayed executes; the book stays as it is.
    b'P', 44, Trade {
        /// 0 since December 2010.
        order_reference: U64,
        /// Always `B` since July 2014.
        side: u8,
        /// Shares.
        shares: U32,
        /// Symbol.
        stock: [u8; 8],
        /// Price of the trade.
        price: Price4,
        /// Unique within the day.
        match_number: U64,
    }
}

message! {
    /// A cross has taken place; the book stays as it is.
    b'Q', 40, CrossTrade {
        /// Shares; 0 where there was nothing to match.
        shares: U64,
        /// Symbol.
        stock: [u8; 8],
        /// Price of the cross.
        cross_price: Price4,
        /// Unique within the day.
        match_number: U64,
        /// `O` opening, `C` closing, `H` after a halt or of a new issue.
        cross_type: u8,
    }
}

message! {
    /// A trade is broken; the book stays as it is.
    b'B', 19, BrokenTrade {
        /// The match that is void.
        match_number: U64,
    }
}
