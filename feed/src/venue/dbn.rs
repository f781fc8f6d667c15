//! Databento Binary Encoding (DBN), versions 1 to 3: one format for what many venues send.
//!
//! What a record says depends on its schema:
//!
//! - `mbo`: orders. A fill changes no book, the cancel or modify that follows it does. The top of a
//!   book is looked at when the venue's event ends (`F_LAST`).
//! - `mbp-1`, `mbp-10`, `cmbp-1` and the samples `bbo-*`, `cbbo-*`: the best bid and offer; of ten
//!   levels the first. Within an event of the venue it is not looked at, except with a trade (`tbbo`,
//!   `tcbbo`), which comes with the top as it was before.
//! - `trades`, and action `T` of the others: a trade. DBN gives no number of the match: of `mbo` the
//!   order id stands for it, of the others the venue's sequence number.
//! - `status`, `definition`, and mappings of symbols. Everything else is counted and says nothing.
//!
//! Instruments are known by Databento's numbers, and called by their names where the file says them.

use tickline_shared::book::Ahead;
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Side};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::{Price, Symbol};
use zerocopy::little_endian::{I64, U32};

use super::market::{Action, Best, Decoded, Decoder, Keeps, MarketEvent, OrderEvent, Setting};
use super::{Family, Refused};
use crate::instruments::SecurityId;
use reading::{Definition, Record};
use records::{Mbo, NO_TIME, Top, Trade, flag};

pub mod reading;
pub mod records;
pub mod rtype;
mod statuses;

/// See the head of this file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dbn {
    /// The top that came with a trade.
    quote: Option<(SecurityId, MarketEvent)>,
}

impl Decoder for Dbn {
    type Instrument = SecurityId;
    const FAMILY: Family = Family::Dbn;
    const EPOCH: Epoch = Epoch::Unix;
    const KEEPS: Keeps = Keeps::Orders;
    const SEVERAL: bool = true;

    fn new(_: &Setting<'_>) -> Dbn {
        Dbn::default()
    }

    #[inline(always)]
    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<SecurityId>, Refused> {
        let (header, record, longer) = reading::decode(bytes)?;
        let instrument = match header.instrument_id.get() {
            0 => SecurityId::NONE,
            id => SecurityId(id.into()),
        };
        let event = match record {
            Record::Mbo(it) => order(it),
            Record::Top(it) => self.top(it, instrument),
            Record::Trade(it) => trade(it),
            Record::Status(it) => statuses::meaning(it),
            Record::Definition(it) => MarketEvent::Directory(listing(&it)),
            Record::Mapping(name) => MarketEvent::Directory(Listing::new(Name::of(name))),
            Record::Other => MarketEvent::Other,
        };
        let ts_event = header.ts_event.get();
        let timestamp = match ts_event {
            NO_TIME => reading::received(bytes).unwrap_or(0),
            _ => ts_event,
        };
        Ok(Decoded { kind: header.rtype, longer, timestamp, instrument, event })
    }

    #[inline(always)]
    fn more(&mut self, _: &[u8]) -> Option<(SecurityId, MarketEvent)> {
        self.quote.take()
    }

    fn length(kind: u8) -> Option<usize> {
        rtype::lengths(kind).and_then(|lengths| lengths.first().copied())
    }

    fn type_name(kind: u8) -> String {
        rtype::schema(kind).map_or_else(|| format!("0x{kind:02x}"), str::to_owned)
    }

    /// The instrument's number in tables is not known here: it costs one line too many.
    #[inline(always)]
    fn concerns(bytes: &[u8]) -> Option<Ahead> {
        match reading::decode(bytes) {
            Ok((_, Record::Mbo(it), _)) => Some(Ahead { id: it.order_id.get(), ..Ahead::NONE }),
            _ => None,
        }
    }
}

impl Dbn {
    /// The top of a book, and the trade that it came with.
    #[inline]
    fn top(&mut self, it: &Top, instrument: SecurityId) -> MarketEvent {
        let stale = Flags(flags(it.flags).0 & Flags::STALE.0);
        let quote = MarketEvent::Quote {
            bid: best(it.top.bid_price, it.top.bid_size, stale),
            ask: best(it.top.ask_price, it.top.ask_size, stale),
        };
        match it.action {
            b'T' => {
                self.quote = Some((instrument, quote));
                traded(it.side, it.price, it.size, it.flags, it.sequence)
            }
            // What is sampled has no action.
            0 => quote,
            _ if it.flags & flag::LAST != 0 => quote,
            _ => MarketEvent::Other,
        }
    }
}

/// What happens to an order.
#[inline(always)]
fn order(it: &Mbo) -> MarketEvent {
    let side = match it.side {
        b'B' => Side::Bid,
        b'A' => Side::Ask,
        _ => Side::None,
    };
    let (action, side) = match (it.action, side) {
        // An order that neither buys nor sells is in no book.
        (b'A' | b'M', Side::None) => (Action::Nothing, side),
        (b'A', _) => (Action::Add, side),
        (b'C', _) => (Action::Cancel, side),
        (b'M', _) => (Action::Modify, side),
        (b'F', _) => (Action::Fill, side),
        (b'T', _) => (Action::Trade, resting(it.side)),
        (b'R', _) => (Action::Clear, Side::None),
        _ => (Action::Nothing, side),
    };
    MarketEvent::Order(OrderEvent {
        id: it.order_id.get(),
        price: Price(it.price.get()),
        quantity: it.size.get(),
        action,
        side,
        flags: flags(it.flags),
    })
}

fn trade(it: &Trade) -> MarketEvent {
    traded(it.side, it.price, it.size, it.flags, it.sequence)
}

fn traded(side: u8, price: I64, size: U32, flags: u8, sequence: U32) -> MarketEvent {
    MarketEvent::Trade {
        match_id: sequence.get().into(),
        side: resting(side),
        price: Price(price.get()),
        quantity: size.get().into(),
        flags: self::flags(flags),
        symbol: Symbol::NONE,
    }
}

/// The side of the order that was hit: DBN has that of the aggressor.
#[inline(always)]
fn resting(aggressor: u8) -> Side {
    match aggressor {
        b'A' => Side::Bid,
        b'B' => Side::Ask,
        _ => Side::None,
    }
}

/// One side of a quote.
fn best(price: I64, size: U32, flags: Flags) -> Best {
    let price = Price(price.get());
    Best { price, quantity: if price == Price::NONE { 0 } else { size.get() }, flags }
}

#[inline(always)]
fn flags(of: u8) -> Flags {
    let table = [
        (flag::LAST, Flags::LAST),
        (flag::SNAPSHOT, Flags::FROM_SNAPSHOT),
        (flag::MAYBE_BAD_BOOK, Flags::STALE),
    ];
    let set = |(bit, flag): (u8, Flags)| if of & bit != 0 { flag } else { Flags::default() };
    set(table[0]) | set(table[1]) | set(table[2])
}

/// What a definition says of an instrument.
fn listing(it: &Definition<'_>) -> Listing {
    let lot = u32::try_from(it.min_lot_size_round_lot).ok();
    let lot = lot.filter(|lot| *lot != i32::MAX as u32).unwrap_or(0);
    Listing::new(Name::of(it.raw_symbol)).with_tick(Price(it.min_price_increment)).with_lot(lot)
}

#[cfg(test)]
mod tests;
