//! IEX DEEP 1.0: what stands at each price, and trades. A book is whole only where an event of the
//! venue is: the last update of each says so, and quotes wait for it.

use tickline_shared::msg::{Flags, Side};
use tickline_shared::units::Symbol;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Refused;
use super::iex::{
    AuctionInformation, Header, OfficialPrice, OperationalHalt, Price4, RetailLiquidity,
    SecurityDirectory, SecurityEvent, ShortSaleTest, SystemEvent, Trade, TradeBreak, TradingStatus,
    price,
};
use super::market::{Keeps, MarketEvent};

/// The flag of the last update of an event.
const EVENT_COMPLETE: u8 = 0x01;

message_of_symbol! {
    /// What buyers ask for at a price. Code: flags, 0x01 the event is complete.
    b'8', 30, BuyLevelUpdate {
        /// All displayed shares; 0: the level is gone.
        size: U32,
        /// Price.
        price: Price4,
    }
    |it| MarketEvent::Level {
        side: Side::Bid,
        price: price(it.price),
        quantity: it.size.get(),
        flags: Flags::default(),
        complete: it.header.code & EVENT_COMPLETE != 0,
    }
}

message_of_symbol! {
    /// What sellers offer at a price. Code: flags, 0x01 the event is complete.
    b'5', 30, SellLevelUpdate {
        /// All displayed shares; 0: the level is gone.
        size: U32,
        /// Price.
        price: Price4,
    }
    |it| MarketEvent::Level {
        side: Side::Ask,
        price: price(it.price),
        quantity: it.size.get(),
        flags: Flags::default(),
        complete: it.header.code & EVENT_COMPLETE != 0,
    }
}

iex_feed! {
    /// IEX DEEP.
    IexDeep, [0x8004], Keeps::Levels, [
        BuyLevelUpdate,
        SellLevelUpdate,
        Trade,
        TradeBreak,
        TradingStatus,
        RetailLiquidity,
        OperationalHalt,
        ShortSaleTest,
        SecurityEvent,
        SecurityDirectory,
        SystemEvent,
        OfficialPrice,
        AuctionInformation,
    ]
}
