//! The records of Databento Binary Encoding, versions 1 to 3, as they lie in a file.
//!
//! A struct has its fields in the order of the layout, as the crate `dbn` (0.73) defines it. Integers
//! are little-endian and lie at any address: the metadata before them has any length. Prices are in
//! 1e-9 of the currency unit, `i64::MAX` for none; times in nanoseconds since the Unix epoch,
//! `u64::MAX` for none. Every bit pattern of the right length is a record. Of the records that say
//! nothing to a book only the length is known here. A record longer than its layout is accepted and
//! its tail ignored.

use zerocopy::little_endian::{I32, I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A time that is not known.
pub const NO_TIME: u64 = u64::MAX;

/// What every record begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// Bytes of the record, divided by 4.
    pub length: u8,
    /// The layout of the record; see `rtype` of the crate `dbn`.
    pub rtype: u8,
    /// Databento's number of the dataset and venue.
    pub publisher_id: U16,
    /// Databento's number of the instrument; 0 for none.
    pub instrument_id: U32,
    /// When the matching engine had it.
    pub ts_event: U64,
}

const _: () = assert!(size_of::<Header>() == 16);

/// Bytes of a word, in which records count their length.
pub const WORD: usize = 4;

macro_rules! record {
    (
        $(#[$doc:meta])*
        $length:literal, $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub struct $name {
            /// What every record begins with.
            pub header: Header,
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// Bytes of the record.
            pub const LENGTH: usize = $length;
        }

        const _: () = assert!(size_of::<$name>() == $name::LENGTH);
    };
}

record! {
    /// What happens to one order (schema `mbo`).
    56, Mbo {
        /// The venue's number of the order.
        order_id: U64,
        /// Its price; of a trade or a fill, that of the execution.
        price: I64,
        /// Its size after an add or modify, what is taken by a cancel, what is executed.
        size: U32,
        /// See [`flag`].
        flags: u8,
        /// Databento's number of the channel.
        channel_id: u8,
        /// `A` add, `C` cancel, `M` modify, `R` clear the book, `T` trade, `F` fill, `N` none.
        action: u8,
        /// `B` bid, `A` ask, `N` none; of a trade, the side of the aggressor.
        side: u8,
        /// When the capturing server had it.
        ts_recv: U64,
        /// From the venue's sending to `ts_recv`.
        ts_in_delta: I32,
        /// The venue's sequence number.
        sequence: U32,
    }
}

record! {
    /// A trade (schema `trades`).
    48, Trade {
        /// Price.
        price: I64,
        /// Size.
        size: U32,
        /// `T`.
        action: u8,
        /// The side of the aggressor.
        side: u8,
        /// See [`flag`].
        flags: u8,
        /// Level of the book at which it happened.
        depth: u8,
        /// When the capturing server had it.
        ts_recv: U64,
        /// From the venue's sending to `ts_recv`.
        ts_in_delta: I32,
        /// The venue's sequence number.
        sequence: U32,
    }
}

/// One price level of both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Pair {
    /// Price of the bid.
    pub bid_price: I64,
    /// Price of the ask.
    pub ask_price: I64,
    /// Size of the bid; 0 where there is none.
    pub bid_size: U32,
    /// Size of the ask; 0 where there is none.
    pub ask_size: U32,
    /// Orders; consolidated, the publisher and two bytes that mean nothing.
    pub bid_count: U32,
    /// Orders; consolidated, the publisher and two bytes that mean nothing.
    pub ask_count: U32,
}

record! {
    /// What happens to the top of a book, and the top after it (schemas `mbp-1`, `tbbo`, `bbo-1s`,
    /// `bbo-1m`) or over several venues (`cmbp-1`, `tcbbo`, `cbbo-1s`, `cbbo-1m`). Where the top is
    /// sampled, price, size and side are those of the last trade and the action is 0.
    80, Top {
        /// Price of the order or trade.
        price: I64,
        /// Its size.
        size: U32,
        /// As in [`Mbo`]; no fills.
        action: u8,
        /// As in [`Mbo`].
        side: u8,
        /// See [`flag`].
        flags: u8,
        /// Level of the book at which it happened.
        depth: u8,
        /// When the capturing server had it, or when the sample was taken.
        ts_recv: U64,
        /// From the venue's sending to `ts_recv`.
        ts_in_delta: I32,
        /// The venue's sequence number.
        sequence: U32,
        /// The best bid and offer.
        top: Pair,
    }
}

record! {
    /// What happens to the ten best levels of a book, and these after it (schema `mbp-10`).
    368, Ten {
        /// As in [`Top`].
        event: [u8; 32],
        /// The best bid and offer.
        top: Pair,
        /// The levels behind them.
        others: [Pair; 9],
    }
}

record! {
    /// Whether an instrument trades (schema `status`).
    40, Status {
        /// When the capturing server had it.
        ts_recv: U64,
        /// The kind of change.
        action: U16,
        /// Why.
        reason: U16,
        /// More about what happens.
        trading_event: U16,
        /// `Y` yes, `N` no, `~` not said.
        is_trading: u8,
        /// As before.
        is_quoting: u8,
        /// As before.
        is_short_sell_restricted: u8,
        /// Means nothing.
        reserved: [u8; 7],
    }
}

record! {
    /// What an instrument is (schema `definition`), version 1.
    360, Definition1 {
        /// When the capturing server had it.
        ts_recv: U64,
        /// The least step of the price.
        min_price_increment: I64,
        /// Times, prices and numbers.
        before: [u8; 116],
        /// A round lot; the greatest value for none.
        min_lot_size_round_lot: I32,
        /// Numbers and texts.
        between: [u8; 48],
        /// Its name, padded with NUL.
        raw_symbol: [u8; 22],
        /// Texts and codes.
        behind: [u8; 138],
    }
}

record! {
    /// What an instrument is (schema `definition`), version 2.
    400, Definition2 {
        /// When the capturing server had it.
        ts_recv: U64,
        /// The least step of the price.
        min_price_increment: I64,
        /// Times, prices and numbers.
        before: [u8; 124],
        /// A round lot; the greatest value for none.
        min_lot_size_round_lot: I32,
        /// Numbers and texts.
        between: [u8; 40],
        /// Its name, padded with NUL.
        raw_symbol: [u8; 71],
        /// Texts and codes.
        behind: [u8; 129],
    }
}

record! {
    /// What an instrument is (schema `definition`), version 3.
    520, Definition3 {
        /// When the capturing server had it.
        ts_recv: U64,
        /// The least step of the price.
        min_price_increment: I64,
        /// Times, prices and numbers.
        before: [u8; 136],
        /// A round lot; the greatest value for none.
        min_lot_size_round_lot: I32,
        /// Numbers and texts.
        between: [u8; 66],
        /// Its name, padded with NUL.
        raw_symbol: [u8; 71],
        /// Texts and codes.
        behind: [u8; 211],
    }
}

record! {
    /// The name of an instrument from now on, version 1.
    80, Mapping1 {
        /// The name that was asked for.
        stype_in_symbol: [u8; 22],
        /// What it stands for.
        stype_out_symbol: [u8; 22],
        /// Means nothing.
        reserved: [u8; 4],
        /// From when on.
        start_ts: U64,
        /// Until when.
        end_ts: U64,
    }
}

record! {
    /// The name of an instrument from now on, versions 2 and 3.
    176, Mapping2 {
        /// What kind of name was asked for.
        stype_in: u8,
        /// The name that was asked for.
        stype_in_symbol: [u8; 71],
        /// What kind of name it stands for.
        stype_out: u8,
        /// What it stands for.
        stype_out_symbol: [u8; 71],
        /// From when on.
        start_ts: U64,
        /// Until when.
        end_ts: U64,
    }
}

/// The bits of `flags`.
pub mod flag {
    /// The venue's event ends with it, for this instrument.
    pub const LAST: u8 = 1 << 7;
    /// Comes from a snapshot.
    pub const SNAPSHOT: u8 = 1 << 5;
    /// `ts_recv` is not to be trusted.
    pub const BAD_TS_RECV: u8 = 1 << 3;
    /// Something before it is missing for good.
    pub const MAYBE_BAD_BOOK: u8 = 1 << 2;
}
