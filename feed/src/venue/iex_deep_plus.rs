//! IEX DEEP+ 1.0: every displayed order, and trades.

use tickline_shared::msg::Side;
use tickline_shared::units::Symbol;
use zerocopy::little_endian::{I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Refused;
use super::iex::{
    Header, OperationalHalt, Price4, RetailLiquidity, SaleConditions, SecurityDirectory,
    SecurityEvent, ShortSaleTest, SystemEvent, Trade, TradeBreak, TradingStatus, price,
};
use super::market::{Keeps, MarketEvent};

message_of_symbol! {
    /// An order enters the book. Code: its side, `8` buy, `5` sell.
    b'a', 38, AddOrder {
        /// Names the order from now on.
        order_id: I64,
        /// Displayed shares.
        size: U32,
        /// Price.
        price: Price4,
    }
    |it| MarketEvent::Add {
        id: it.order_id.get() as u64,
        side: if it.header.code == b'8' { Side::Bid } else { Side::Ask },
        price: price(it.price),
        quantity: it.size.get(),
        symbol: it.symbol(),
    }
}

message_of_symbol! {
    /// An order has another price, size or priority. Code: flags, 0x01 it keeps its priority.
    b'M', 38, OrderModify {
        /// The order, which keeps its name.
        order_id: I64,
        /// All its displayed shares.
        size: U32,
        /// Its price.
        price: Price4,
    }
    |it| {
        let id = it.order_id.get() as u64;
        MarketEvent::Replace { old: id, id, price: price(it.price), quantity: it.size.get() }
    }
}

message_of_symbol! {
    /// An order leaves the book.
    b'R', 26, OrderDelete {
        /// The order.
        order_id: I64,
    }
    |it| MarketEvent::Delete { id: it.order_id.get() as u64 }
}

message_of_symbol! {
    /// A displayed order executes, at its own price or a better one. Code: sale condition flags.
    b'L', 46, OrderExecuted {
        /// The order.
        order_id: I64,
        /// Shares executed now.
        size: U32,
        /// Price of the execution.
        price: Price4,
        /// Unique within the day.
        trade_id: I64,
    }
    |it| MarketEvent::Execute {
        id: it.order_id.get() as u64,
        quantity: it.size.get(),
        match_id: it.trade_id.get() as u64,
        price: Some(price(it.price)),
        flags: SaleConditions(it.header.code).flags(),
    }
}

message_of_symbol! {
    /// Every order of a security is gone.
    b'C', 18, ClearBook {}
    |_it| MarketEvent::ClearBook
}

iex_feed! {
    /// IEX DEEP+. A trade message (`T`) is of orders that were not displayed.
    IexDeepPlus, [0x8005], Keeps::Orders, [
        AddOrder,
        OrderModify,
        OrderDelete,
        OrderExecuted,
        ClearBook,
        Trade,
        TradeBreak,
        TradingStatus,
        RetailLiquidity,
        OperationalHalt,
        ShortSaleTest,
        SecurityEvent,
        SecurityDirectory,
        SystemEvent,
    ]
}
