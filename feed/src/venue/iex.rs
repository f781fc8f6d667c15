//! What the feeds of IEX have in common: TOPS, DEEP and DEEP+ share their administrative messages
//! and their trades, with one layout.
//!
//! Every message is a struct whose fields stand in the order of the specifications ("TOPS 1.66",
//! "DEEP 1.08", "DEEP+ 1.02"); a decoded message is a reference into the bytes that it came from.
//! Integers are little-endian, prices signed and in 1e-4 dollars, times in nanoseconds since the Unix
//! epoch, text is ASCII padded with spaces on the right, and every bit pattern of the right length is
//! a message. A message longer than its type is accepted and its tail ignored (IEX reserves the right
//! to add to the end; TOPS 1.5 has four more bytes in `T` and `B`); a shorter one, and a type without
//! an entry in the feed's list, is [`Refused`](super::Refused).

use tickline_shared::instruments::Listing;
use tickline_shared::msg::{Flags, Side, Topic};
use tickline_shared::units::{Price, Symbol};
use zerocopy::little_endian::{I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::market::{Best, MarketEvent};

/// A price in 1e-4 dollars.
pub type Price4 = I64;

/// What every message begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// The type of the message: an ASCII character.
    pub kind: u8,
    /// A code or flags; which, says each message.
    pub code: u8,
    /// Nanoseconds since the Unix epoch.
    pub timestamp: I64,
}

const _: () = assert!(size_of::<Header>() == 10);

/// What a message says to a book.
pub(crate) trait Meaning {
    /// The instrument that it concerns; [`Symbol::NONE`] for the venue.
    fn symbol(&self) -> Symbol;

    /// What it says.
    #[inline(always)]
    fn meaning(&self) -> MarketEvent {
        MarketEvent::Other
    }
}

/// Defines a message of an instrument, and what it says, where that is more than nothing.
macro_rules! message_of_symbol {
    (
        $(#[$doc:meta])*
        $kind:literal, $length:literal, $name:ident { $($fields:tt)* }
        $(|$this:ident| $meaning:expr)?
    ) => {
        message! {
            $(#[$doc])*
            $kind, $length, $name {
                /// Symbol.
                symbol: [u8; 8],
                $($fields)*
            }
        }

        impl $crate::venue::iex::Meaning for $name {
            #[inline(always)]
            fn symbol(&self) -> Symbol {
                Symbol::from_padded(self.symbol)
            }

            $(
                #[inline(always)]
                fn meaning(&self) -> MarketEvent {
                    let $this = self;
                    $meaning
                }
            )?
        }
    };
}

/// Derives a feed's decoder from the list of its messages.
macro_rules! iex_feed {
    ($(#[$doc:meta])* $feed:ident, $protocols:expr, $keeps:expr, [$($name:ident,)*]) => {
        messages! { $($name,)* }

        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $feed;

        impl $crate::venue::market::Decoder for $feed {
            type Instrument = Symbol;
            const FAMILY: $crate::venue::Family = $crate::venue::Family::Iex;
            const EPOCH: tickline_shared::ring::layout::Epoch =
                tickline_shared::ring::layout::Epoch::Unix;
            const KEEPS: $crate::venue::market::Keeps = $keeps;
            const PROTOCOLS: &'static [u16] = &$protocols;

            fn new(_: &$crate::venue::market::Setting<'_>) -> $feed {
                $feed
            }

            #[inline(always)]
            fn decode(
                &mut self,
                bytes: &[u8],
            ) -> Result<$crate::venue::market::Decoded<Symbol>, Refused> {
                use $crate::venue::iex::Meaning;
                let message = decode(bytes)?;
                let header = message.header();
                let (instrument, event, length) = match message {
                    $(Message::$name(it) => (it.symbol(), it.meaning(), $name::LENGTH),)*
                };
                Ok($crate::venue::market::Decoded {
                    kind: header.kind,
                    longer: bytes.len() > length,
                    // Before 1970 there was no IEX.
                    timestamp: header.timestamp.get().try_into().unwrap_or(0),
                    instrument,
                    event,
                })
            }

            fn length(kind: u8) -> Option<usize> {
                length(kind)
            }
        }
    };
}

message! {
    /// The day reaches one of its marks. Code: `O` messages start, `S` system hours start, `R` the
    /// regular market opens, `M` it closes, `E` system hours end, `C` messages end.
    b'S', 10, SystemEvent {}
}

impl Meaning for SystemEvent {
    fn symbol(&self) -> Symbol {
        Symbol::NONE
    }

    #[inline(always)]
    fn meaning(&self) -> MarketEvent {
        match self.header.code {
            b'O' => MarketEvent::DayStart,
            code => MarketEvent::status(Topic::Venue, code, [0; 4], Symbol::NONE),
        }
    }
}

message_of_symbol! {
    /// A security that trades today. Code: flags, 0x80 a test security, 0x40 when issued, 0x20 an
    /// exchange-traded product.
    b'D', 31, SecurityDirectory {
        /// Shares of a round lot.
        round_lot_size: U32,
        /// The last official closing price, adjusted for corporate actions.
        adjusted_poc_price: Price4,
        /// Tier of the limit-up limit-down bands; 0 for none.
        luld_tier: u8,
    }
    |it| {
        // Prices of four decimals, whole shares.
        let listing = Listing::new(it.symbol().into()).with_decimals(4, 0);
        MarketEvent::Directory(listing.with_lot(it.round_lot_size.get()))
    }
}

message_of_symbol! {
    /// The trading status of a security. Code: `H` halted, `O` halted and orders are accepted, `P`
    /// paused and orders are accepted, `T` trading.
    b'H', 22, TradingStatus {
        /// Why, as in the specification.
        reason: [u8; 4],
    }
    |it| MarketEvent::status(Topic::Trading, it.header.code, it.reason, it.symbol())
}

message_of_symbol! {
    /// On which sides there is retail liquidity. Code: as in the specification, a space for none.
    b'I', 18, RetailLiquidity {}
    |it| MarketEvent::status(Topic::Retail, it.header.code, [0; 4], it.symbol())
}

message_of_symbol! {
    /// Whether IEX itself has halted a security. Code: `O` it has, `N` it has not.
    b'O', 18, OperationalHalt {}
    |it| MarketEvent::status(Topic::Operational, it.header.code, [0; 4], it.symbol())
}

message_of_symbol! {
    /// Whether the short sale price test restricts a security. Code: 0 it does not, 1 it does.
    b'P', 19, ShortSaleTest {
        /// Space for none, `A` activated, `C` continued, `D` deactivated, `N` not available.
        detail: u8,
    }
    |it| {
        let code = it.header.code.saturating_add(b'0');
        MarketEvent::status(Topic::ShortSale, code, [it.detail, 0, 0, 0], it.symbol())
    }
}

message_of_symbol! {
    /// An auction of a security is over. Code: `O` the opening, `C` the closing one.
    b'E', 18, SecurityEvent {}
    |it| MarketEvent::status(Topic::Auction, it.header.code, [0; 4], it.symbol())
}

message_of_symbol! {
    /// A trade. Code: sale condition flags, see [`SaleConditions`].
    b'T', 38, Trade {
        /// Shares.
        size: U32,
        /// Price.
        price: Price4,
        /// Unique within the day.
        trade_id: I64,
    }
    |it| MarketEvent::Trade {
        match_id: it.trade_id.get() as u64,
        side: Side::None,
        price: price(it.price),
        quantity: it.size.get().into(),
        flags: SaleConditions(it.header.code).flags(),
        symbol: it.symbol(),
    }
}

message_of_symbol! {
    /// A trade did not take place after all. Code: as that of the trade.
    b'B', 38, TradeBreak {
        /// Shares.
        size: U32,
        /// Price.
        price: Price4,
        /// The trade that is void.
        trade_id: I64,
    }
    |it| MarketEvent::TradeBreak { match_id: it.trade_id.get() as u64 }
}

message_of_symbol! {
    /// The official price of a security listed at IEX. Code: `Q` opening, `M` closing.
    b'X', 26, OfficialPrice {
        /// Price.
        price: Price4,
    }
}

message_of_symbol! {
    /// What an auction is heading for. Code: `O` opening, `C` closing, `I` of a new issue, `H` after a
    /// halt, `V` after a pause.
    b'A', 80, AuctionInformation {
        /// Shares that match at the reference price.
        paired_shares: U32,
        /// Clears the most shares within the collar of the auction alone.
        reference_price: Price4,
        /// Clears the most shares of the auction and the continuous book.
        indicative_clearing_price: Price4,
        /// Shares that do not match at the reference price.
        imbalance_shares: U32,
        /// `B` buy, `S` sell, `N` none.
        imbalance_side: u8,
        /// How often the auction was put off.
        extension_number: u8,
        /// Seconds since the Unix epoch.
        scheduled_auction_time: U32,
        /// Clears the most shares of the auction book.
        auction_book_clearing_price: Price4,
        /// What the collar is computed from.
        collar_reference_price: Price4,
        /// The least price at which the auction may execute.
        lower_auction_collar: Price4,
        /// The greatest.
        upper_auction_collar: Price4,
    }
}

/// What qualifies a trade (Appendix A of the specifications).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SaleConditions(pub u8);

impl SaleConditions {
    /// The order that took liquidity was an intermarket sweep.
    pub const INTERMARKET_SWEEP: u8 = 0x80;
    /// Before or after the regular market session.
    pub const EXTENDED_HOURS: u8 = 0x40;
    /// Less than a round lot.
    pub const ODD_LOT: u8 = 0x20;
    /// Not subject to the rule against trading through.
    pub const TRADE_THROUGH_EXEMPT: u8 = 0x10;
    /// In an auction.
    pub const SINGLE_PRICE_CROSS: u8 = 0x08;

    /// Every trade counts for volume; an odd lot or one outside of regular hours sets no last price, no
    /// high and no low ("Trade Eligibility Guidelines").
    pub const fn flags(self) -> Flags {
        match self.0 & (SaleConditions::EXTENDED_HOURS | SaleConditions::ODD_LOT) {
            0 => Flags(0),
            _ => Flags::VOLUME_ONLY,
        }
    }
}

#[inline(always)]
pub(crate) fn price(price: Price4) -> Price {
    Price::from_signed_e4(price.get())
}

/// One side of a quote.
#[inline(always)]
pub(crate) fn best(at: Price4, size: U32) -> Best {
    Best::new(price(at), size.get())
}

#[cfg(test)]
mod tests;
