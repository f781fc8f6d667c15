//! What CME says of instruments: templates 27, 29 and 41, since schema 1.9 54 to 58, and 63.

use tickline_shared::instruments::{Listing, Name};
use zerocopy::little_endian::{I16, I32, I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::scale::{Decimals, Scale};
use super::wire::{Group, Message};
use crate::venue::Refused;

/// Defines the part of definitions that is read, behind what all have in common.
macro_rules! definitions {
    ($($(#[$doc:meta])* $name:ident, $length:literal {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
            #[repr(C)]
            pub struct $name {
                /// What all definitions begin with.
                pub common: Common,
                $($(#[$field_doc])* pub $field: $ty,)*
                /// Least step of the price.
                pub min_price_increment: I64,
                /// What a traded price is multiplied with to be a quoted one.
                pub display_factor: I64,
            }

            const _: () = assert!(size_of::<$name>() == $length);

            impl Parts for $name {
                fn parts(&self) -> (&Common, i64, i64) {
                    (&self.common, self.min_price_increment.get(), self.display_factor.get())
                }
            }
        )*
    };
}

/// What all definitions begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Common {
    /// See [`indicator`](super::wire::indicator).
    pub match_event_indicator: u8,
    /// How many instruments there are in a round.
    pub tot_num_reports: U32,
    /// `A` added, `D` deleted, `M` modified.
    pub security_update_action: u8,
    /// When it was: nanoseconds since the Unix epoch.
    pub last_update_time: U64,
    /// The status of the instrument.
    pub trading_status: u8,
    /// The channel.
    pub appl_id: I16,
    /// The market segment.
    pub market_segment_id: u8,
    /// The sort of products.
    pub underlying_product: u8,
    /// The exchange.
    pub security_exchange: [u8; 4],
    /// The group, by which statuses are sent.
    pub security_group: [u8; 6],
    /// The product.
    pub asset: [u8; 6],
    /// The name.
    pub symbol: [u8; 20],
    /// The number.
    pub security_id: I32,
    /// `FUT`, `OOF`, …
    pub security_type: [u8; 6],
    /// ISO 10962.
    pub cfi_code: [u8; 6],
}

const _: () = assert!(size_of::<Common>() == 71);

definitions! {
    /// Templates 27 and 54.
    Future, 107 {
        /// Year, month, day and week.
        maturity: [u8; 5],
        /// Of prices.
        currency: [u8; 3],
        /// Of settlement.
        settl_currency: [u8; 3],
        /// How orders are matched.
        match_algorithm: u8,
        /// Least quantity.
        min_trade_vol: U32,
        /// Greatest quantity.
        max_trade_vol: U32,
    }

    /// Templates 29 and 56.
    Spread, 110 {
        /// Year, month, day and week.
        maturity: [u8; 5],
        /// Of prices.
        currency: [u8; 3],
        /// Which strategy it is.
        security_sub_type: [u8; 5],
        /// Whether a user defined it.
        user_defined_instrument: u8,
        /// How orders are matched.
        match_algorithm: u8,
        /// Least quantity.
        min_trade_vol: U32,
        /// Greatest quantity.
        max_trade_vol: U32,
    }

    /// Templates 57 and 58: fixed income and repo.
    FixedIncome, 102 {
        /// Of prices.
        currency: [u8; 3],
        /// Of settlement.
        settl_currency: [u8; 3],
        /// How orders are matched.
        match_algorithm: u8,
        /// Least quantity.
        min_trade_vol: U32,
        /// Greatest quantity.
        max_trade_vol: U32,
    }

    /// Template 63.
    Fx, 105 {
        /// Of prices.
        currency: [u8; 3],
        /// Of settlement.
        settl_currency: [u8; 3],
        /// The counter currency.
        price_quote_currency: [u8; 3],
        /// How orders are matched.
        match_algorithm: u8,
        /// Least quantity.
        min_trade_vol: U32,
        /// Greatest quantity.
        max_trade_vol: U32,
    }
}

/// Templates 41 and 55.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Opt {
    /// What all definitions begin with.
    pub common: Common,
    /// 0 put, 1 call.
    pub put_or_call: u8,
    /// Year, month, day and week.
    pub maturity: [u8; 5],
    /// Of prices.
    pub currency: [u8; 3],
    /// The strike.
    pub strike_price: I64,
    /// Of the strike.
    pub strike_currency: [u8; 3],
    /// Of settlement.
    pub settl_currency: [u8; 3],
    /// The price of a worthless option.
    pub min_cab_price: I64,
    /// How orders are matched.
    pub match_algorithm: u8,
    /// Least quantity.
    pub min_trade_vol: U32,
    /// Greatest quantity.
    pub max_trade_vol: U32,
    /// Least step of the price.
    pub min_price_increment: I64,
    /// What the least step is worth.
    pub min_price_increment_amount: I64,
    /// What a traded price is multiplied with to be a quoted one.
    pub display_factor: I64,
}

const _: () = assert!(size_of::<Opt>() == 135);

/// What is read of every definition.
trait Parts {
    /// What all begin with, the least step of the price, and the display factor.
    fn parts(&self) -> (&Common, i64, i64);
}

impl Parts for Opt {
    fn parts(&self) -> (&Common, i64, i64) {
        (&self.common, self.min_price_increment.get(), self.display_factor.get())
    }
}

/// A kind of book and its depth (`NoMDFeedTypes`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FeedType {
    /// `GBX` orders of customers, `GBI` implied.
    pub md_feed_type: [u8; 3],
    /// How many levels it has.
    pub market_depth: u8,
}

/// When an instrument was or will be activated (`NoEvents`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Event {
    /// 5 activation, 7 last trading day.
    pub event_type: u8,
    /// Nanoseconds since the Unix epoch.
    pub event_time: U64,
}

/// What a definition says that is of use here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definition {
    /// The instrument.
    pub(super) security_id: u32,
    /// Its name and the least step of its price.
    pub(super) listing: Listing,
    /// Whether it is no more.
    pub(super) deleted: bool,
    /// Its channel.
    pub(super) channel: i16,
    /// Its group, and its product within it.
    pub(super) group: ([u8; 6], [u8; 6]),
    /// The factor that turns traded prices into quoted ones, and its decimals.
    pub(super) display_factor: (i64, Decimals),
    /// How many levels its book has.
    pub(super) depth: Option<u8>,
}

/// Reads a definition.
pub(super) fn read(message: &Message<'_>) -> Result<Definition, Refused> {
    let template = message.header.template_id.get();
    let (common, increment, factor) = match template {
        27 | 54 => message.root::<Future>()?.parts(),
        29 | 56 => message.root::<Spread>()?.parts(),
        41 | 55 => message.root::<Opt>()?.parts(),
        57 | 58 => message.root::<FixedIncome>()?.parts(),
        _ => message.root::<Fx>()?.parts(),
    };
    let decimals = if template < 54 { Decimals::Seven } else { Decimals::Nine };
    let (_events, behind) = Group::open(message.groups).ok_or(message.short())?;
    let (feed_types, _) = Group::open(behind).ok_or(message.short())?;
    let mut feed_types = feed_types.blocks::<FeedType>().ok_or(message.short())?;
    let outright = feed_types.find(|feed| feed.md_feed_type == *b"GBX");
    let tick = Scale::displayed(decimals, factor, decimals).price(increment);
    Ok(Definition {
        security_id: common.security_id.get() as u32,
        listing: Listing::new(Name::of(common.symbol)).with_tick(tick),
        deleted: common.security_update_action == b'D',
        channel: common.appl_id.get(),
        group: (common.security_group, common.asset),
        display_factor: (factor, decimals),
        depth: outright.map(|feed| feed.market_depth),
    })
}
