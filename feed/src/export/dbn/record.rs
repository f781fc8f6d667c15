//! A record of the file before it is written.

use std::ffi::c_char;
use std::io::{self, Write};

use dbn::encode::{DbnRecordEncoder, EncodeRecord};
use dbn::{BidAskPair, FlagSet, MboMsg, Mbp1Msg, RecordHeader, TradeMsg, rtype};
use tickline_shared::msg::{Flags, Msg, Side};
use tickline_shared::units::Price;

/// Databento numbers publishers from 1; data from elsewhere have none.
const NO_PUBLISHER: u16 = 0;

/// A record of one of the schemas.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Mbo(MboMsg),
    Top(Mbp1Msg),
    Trade(TradeMsg),
}

/// What happened to an order or at the top of a book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happened {
    pub(super) action: u8,
    pub(super) side: u8,
    pub(super) price: Price,
    pub(super) size: u32,
}

impl Happened {
    /// Something with the price, the size and the side of a record.
    pub(super) fn of(action: u8, msg: &Msg) -> Happened {
        Happened { action, side: side(msg.side), price: msg.price, size: msg.quantity }
    }

    /// A trade: its side is that of the resting order, DBN's that of the aggressor.
    pub(super) fn trade(msg: &Msg) -> Happened {
        let side = match msg.side {
            Side::Bid => b'A',
            Side::Ask => b'B',
            _ => b'N',
        };
        Happened { side, ..Happened::of(b'T', msg) }
    }

    /// A book becomes empty.
    pub(super) const CLEAR: Happened =
        Happened { action: b'R', side: b'N', price: Price::NONE, size: 0 };
}

/// The side of a book.
fn side(side: Side) -> u8 {
    match side {
        Side::Bid => b'B',
        Side::Ask => b'A',
        _ => b'N',
    }
}

impl Entry {
    pub(super) fn order(id: u64, happened: Happened, ts: u64) -> Entry {
        let Happened { action, side, price, size } = happened;
        Entry::Mbo(MboMsg {
            hd: RecordHeader::new::<MboMsg>(rtype::MBO, NO_PUBLISHER, 0, ts),
            order_id: id,
            price: price.0,
            size,
            flags: FlagSet::empty(),
            channel_id: 0,
            action: action as c_char,
            side: side as c_char,
            ts_recv: ts,
            ts_in_delta: 0,
            sequence: 0,
        })
    }

    pub(super) fn top(happened: Happened, top: BidAskPair, ts: u64) -> Entry {
        let Happened { action, side, price, size } = happened;
        Entry::Top(Mbp1Msg {
            hd: RecordHeader::new::<Mbp1Msg>(rtype::MBP_1, NO_PUBLISHER, 0, ts),
            price: price.0,
            size,
            action: action as c_char,
            side: side as c_char,
            flags: FlagSet::empty(),
            depth: 0,
            ts_recv: ts,
            ts_in_delta: 0,
            sequence: 0,
            levels: [top],
        })
    }

    pub(super) fn trade(msg: &Msg, ts: u64) -> Entry {
        let Happened { action, side, price, size } = Happened::trade(msg);
        Entry::Trade(TradeMsg {
            hd: RecordHeader::new::<TradeMsg>(rtype::MBP_0, NO_PUBLISHER, 0, ts),
            price: price.0,
            size,
            action: action as c_char,
            side: side as c_char,
            flags: FlagSet::empty(),
            depth: 0,
            ts_recv: ts,
            ts_in_delta: 0,
            sequence: 0,
        })
    }

    fn parts(&mut self) -> (&mut RecordHeader, &mut FlagSet) {
        match self {
            Entry::Mbo(it) => (&mut it.hd, &mut it.flags),
            Entry::Top(it) => (&mut it.hd, &mut it.flags),
            Entry::Trade(it) => (&mut it.hd, &mut it.flags),
        }
    }

    fn header(&self) -> &RecordHeader {
        match self {
            Entry::Mbo(it) => &it.hd,
            Entry::Top(it) => &it.hd,
            Entry::Trade(it) => &it.hd,
        }
    }

    /// Gives it its instrument and its flags. The time of capture is none.
    pub(super) fn complete(&mut self, instrument: u32, of: Flags) {
        let (header, flags) = self.parts();
        header.instrument_id = instrument;
        flags.set_bad_ts_recv();
        if of.contains(Flags::LAST) {
            flags.set_last();
        }
        if of.contains(Flags::FROM_SNAPSHOT) {
            flags.set_snapshot();
        }
        if of.contains(Flags::STALE) {
            flags.set_maybe_bad_book();
        }
    }

    /// The event ends with it.
    pub(super) fn end_event(&mut self) {
        self.parts().1.set_last();
    }

    pub(super) fn instrument(&self) -> u32 {
        self.header().instrument_id
    }

    pub(super) fn ts_event(&self) -> u64 {
        self.header().ts_event
    }

    pub(super) fn write(&self, out: impl Write) -> io::Result<()> {
        let mut encoder = DbnRecordEncoder::new(out);
        let done = match self {
            Entry::Mbo(it) => encoder.encode_record(it),
            Entry::Top(it) => encoder.encode_record(it),
            Entry::Trade(it) => encoder.encode_record(it),
        };
        done.map_err(io::Error::other)
    }
}
