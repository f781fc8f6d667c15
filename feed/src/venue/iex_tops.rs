//! IEX TOPS 1.5 and 1.6: the best bid and offer of IEX, and its trades.

use tickline_shared::units::Symbol;
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Refused;
use super::iex::{
    AuctionInformation, Header, OfficialPrice, OperationalHalt, Price4, RetailLiquidity,
    SecurityDirectory, ShortSaleTest, SystemEvent, Trade, TradeBreak, TradingStatus, best,
};
use super::market::{Keeps, MarketEvent};

message_of_symbol! {
    /// The best bid and offer. Code: flags, 0x80 the security cannot be traded, 0x40 outside of the
    /// regular session.
    b'Q', 42, QuoteUpdate {
        /// Shares of the best bid; 0 where there is none.
        bid_size: U32,
        /// Its price.
        bid_price: Price4,
        /// Price of the best offer.
        ask_price: Price4,
        /// Its shares; 0 where there is none.
        ask_size: U32,
    }
    |it| MarketEvent::Quote {
        bid: best(it.bid_price, it.bid_size),
        ask: best(it.ask_price, it.ask_size),
    }
}

iex_feed! {
    /// IEX TOPS.
    IexTops, [0x8002, 0x8003], Keeps::Quotes, [
        QuoteUpdate,
        Trade,
        TradeBreak,
        TradingStatus,
        RetailLiquidity,
        OperationalHalt,
        ShortSaleTest,
        SecurityDirectory,
        SystemEvent,
        OfficialPrice,
        AuctionInformation,
    ]
}
