//! The blocks that are read, each up to the last field that is of use. Names are those of the
//! schema; templates stand behind them.

use zerocopy::little_endian::{I16, I32, I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Defines structs as they lie on the wire, and asserts their lengths.
macro_rules! blocks {
    ($($(#[$doc:meta])* $name:ident, $length:literal {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
            #[repr(C)]
            pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

            const _: () = assert!(size_of::<$name>() == $length);
        )*
    };
}

blocks! {
    /// What every message begins with (`messageHeader`), behind its size.
    Header, 8 {
        /// Bytes of the root block.
        block_length: U16,
        /// The type of the message.
        template_id: U16,
        /// The schema; CME's market data is 1.
        schema_id: U16,
        /// The version of the schema.
        version: U16,
    }

    /// The root of every `MDIncrementalRefresh…` and of `ChannelReset4`. Two bytes of padding
    /// follow in most.
    Incremental, 9 {
        /// When the event began: nanoseconds since the Unix epoch.
        transact_time: U64,
        /// See [`indicator`](super::indicator).
        match_event_indicator: u8,
    }

    /// A price level (`MDIncrementalRefreshBook32` and `46`).
    BookEntry, 27 {
        /// The price; [`NO_PRICE`](super::NO_PRICE) for none.
        price: I64,
        /// Lots of all orders together; [`NO_SIZE`](super::NO_SIZE) for none.
        size: I32,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
        /// How many orders there are.
        number_of_orders: I32,
        /// The position, 1 for the best.
        price_level: u8,
        /// See [`action`](super::action).
        update_action: u8,
        /// See [`entry_type`](super::entry_type).
        entry_type: u8,
    }

    /// A price level with a long quantity (`MDIncrementalRefreshBookLongQty64`).
    BookEntryLong, 31 {
        /// The price; [`NO_PRICE`](super::NO_PRICE) for none.
        price: I64,
        /// Notional of all orders together; [`NO_LONG_SIZE`](super::NO_LONG_SIZE) for none.
        size: U64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
        /// How many orders there are.
        number_of_orders: I32,
        /// The position, 1 for the best.
        price_level: u8,
        /// See [`action`](super::action).
        update_action: u8,
        /// See [`entry_type`](super::entry_type).
        entry_type: u8,
    }

    /// A trade (`MDIncrementalRefreshTrade36`).
    TradeEntry, 30 {
        /// The price.
        price: I64,
        /// Lots.
        size: I32,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
        /// How many orders took part.
        number_of_orders: I32,
        /// Unique for instrument and trading date.
        trade_id: I32,
        /// 1 buyers, 2 sellers were the aggressor; 0 nobody.
        aggressor_side: u8,
        /// See [`action`](super::action).
        update_action: u8,
    }

    /// All trades of one match step at one price (`MDIncrementalRefreshTradeSummary42` and `48`).
    TradeSummary, 30 {
        /// The price.
        price: I64,
        /// Lots of all of them together.
        size: I32,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
        /// How many orders took part.
        number_of_orders: I32,
        /// 1 buyers, 2 sellers were the aggressor; 0 nobody.
        aggressor_side: u8,
        /// See [`action`](super::action).
        update_action: u8,
        /// Its number, since version 1.7 of the schema; padding before.
        /// [`NO_TRADE_ID`](super::NO_TRADE_ID) for none.
        trade_entry_id: U32,
    }

    /// The same with a long quantity (`MDIncrementalRefreshTradeSummaryLongQty65`).
    TradeSummaryLong, 34 {
        /// The price.
        price: I64,
        /// Notional of all of them together.
        size: U64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
        /// How many orders took part.
        number_of_orders: I32,
        /// Its number; [`NO_TRADE_ID`](super::NO_TRADE_ID) for none.
        trade_entry_id: U32,
        /// 1 buyers, 2 sellers were the aggressor; 0 nobody.
        aggressor_side: u8,
        /// See [`action`](super::action).
        update_action: u8,
    }

    /// Traded volume (`MDIncrementalRefreshVolume37`).
    Volume, 12 {
        /// Lots of the session so far.
        size: I32,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// Traded volume as a long quantity (`MDIncrementalRefreshVolumeLongQty66`).
    VolumeLong, 16 {
        /// Notional of the session so far.
        size: U64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// Open, high and low (`MDIncrementalRefreshSessionStatistics35` and `51`).
    SessionStatistics, 16 {
        /// The price.
        price: I64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// The same with a long quantity (`MDIncrementalRefreshSessionStatisticsLongQty67`).
    SessionStatisticsLong, 24 {
        /// The price.
        price: I64,
        /// The indicative opening quantity.
        size: U64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// Settlement and open interest (`MDIncrementalRefreshDailyStatistics33` and `49`).
    DailyStatistics, 20 {
        /// The price.
        price: I64,
        /// Lots.
        size: I32,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// The prices between which orders are taken (`MDIncrementalRefreshLimitsBanding34` and `50`).
    LimitsBanding, 32 {
        /// The highest.
        high_limit_price: I64,
        /// The lowest.
        low_limit_price: I64,
        /// How far from the last one.
        max_price_variation: I64,
        /// The instrument.
        security_id: I32,
        /// Number of the entry among those of the instrument.
        rpt_seq: U32,
    }

    /// The channels whose books are void (`ChannelReset4`).
    ChannelReset, 2 {
        /// The channel.
        appl_id: I16,
    }

    /// The root of `SnapshotFullRefresh38`, `52` and `LongQty69`: limits follow.
    Snapshot, 24 {
        /// The last packet of the incremental feed that it contains.
        last_msg_seq_num_processed: U32,
        /// How many instruments there are in a round.
        tot_num_reports: U32,
        /// The instrument.
        security_id: I32,
        /// The last entry of the instrument that it contains.
        rpt_seq: U32,
        /// When the instrument last took part in an event: nanoseconds since the Unix epoch.
        transact_time: U64,
    }

    /// The root of `SnapshotFullRefreshTCP61` and `TCPLongQty68`: limits follow.
    SnapshotTcp, 13 {
        /// When the event began: nanoseconds since the Unix epoch.
        transact_time: U64,
        /// See [`indicator`](super::indicator).
        match_event_indicator: u8,
        /// The instrument.
        security_id: I32,
    }

    /// A level, or a statistic (`SnapshotFullRefresh38` and `52`).
    SnapshotEntry, 22 {
        /// The price; [`NO_PRICE`](super::NO_PRICE) for none.
        price: I64,
        /// Lots; [`NO_SIZE`](super::NO_SIZE) for none.
        size: I32,
        /// How many orders there are.
        number_of_orders: I32,
        /// The position, 1 for the best.
        price_level: u8,
        /// Of which session a statistic is.
        trading_reference_date: U16,
        /// Which opening price it is.
        open_close_settl_flag: u8,
        /// Which settlement price it is.
        settl_price_type: u8,
        /// See [`entry_type`](super::entry_type).
        entry_type: u8,
    }

    /// A level, or a statistic (`SnapshotFullRefreshTCP61`).
    SnapshotTcpEntry, 23 {
        /// The price; [`NO_PRICE`](super::NO_PRICE) for none.
        price: I64,
        /// Lots; [`NO_SIZE`](super::NO_SIZE) for none.
        size: I32,
        /// Of them those that can be traded with.
        tradeable_size: I32,
        /// How many orders there are.
        number_of_orders: I32,
        /// The position, 1 for the best.
        price_level: u8,
        /// Which opening price it is.
        open_close_settl_flag: u8,
        /// See [`entry_type`](super::entry_type).
        entry_type: u8,
    }

    /// A level, or a statistic (`SnapshotFullRefreshTCPLongQty68`, `SnapshotFullRefreshLongQty69`).
    SnapshotEntryLong, 23 {
        /// The price; [`NO_PRICE`](super::NO_PRICE) for none.
        price: I64,
        /// Notional; [`NO_LONG_SIZE`](super::NO_LONG_SIZE) for none.
        size: U64,
        /// How many orders there are.
        number_of_orders: I32,
        /// The position, 1 for the best.
        price_level: u8,
        /// Which opening price it is.
        open_close_settl_flag: u8,
        /// See [`entry_type`](super::entry_type).
        entry_type: u8,
    }

    /// The status of an instrument or of a group of them (`SecurityStatus30`).
    SecurityStatus, 30 {
        /// When the event began: nanoseconds since the Unix epoch.
        transact_time: U64,
        /// The group, padded with NUL.
        security_group: [u8; 6],
        /// The product within the group, padded with NUL; empty for all of them.
        asset: [u8; 6],
        /// The instrument; [`NO_SECURITY`](super::NO_SECURITY) for all of the group.
        security_id: I32,
        /// Days since the Unix epoch.
        trade_date: U16,
        /// See [`indicator`](super::indicator).
        match_event_indicator: u8,
        /// The status.
        trading_status: u8,
        /// Why.
        halt_reason: u8,
        /// What else happens.
        trading_event: u8,
    }

    /// Before a group: how long each block is, and how many there are (`groupSize`).
    GroupSize, 3 {
        /// Bytes of one.
        block_length: U16,
        /// How many.
        count: u8,
    }
}
