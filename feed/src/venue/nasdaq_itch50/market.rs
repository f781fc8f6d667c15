//! What ITCH 5.0 messages mean to a book.

use std::hint::select_unpredictable;
use std::mem::offset_of;

use tickline_shared::book::Ahead;
use tickline_shared::instruments::Listing;
use tickline_shared::msg::{Flags, Side, Topic};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::{Price, Symbol};
use zerocopy::{FromBytes, IntoBytes};

use super::{AddOrder, AddOrderMpid, Message, OrderDelete, Price4, decode, header, length};
use crate::venue::listener::{AsEvent, Listener};
use crate::venue::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use crate::venue::{Family, Refused};

/// Where a message that adds an order says its side.
const SIDE_AT: usize = offset_of!(AddOrder, side);

/// Nasdaq TotalView-ITCH 5.0.
#[derive(Clone, Copy, Debug)]
pub struct NasdaqItch50;

impl Decoder for NasdaqItch50 {
    type Instrument = u16;
    const FAMILY: Family = Family::Itch;
    const EPOCH: Epoch = Epoch::Midnight;
    const KEEPS: Keeps = Keeps::Orders;

    fn new(_: &Setting<'_>) -> NasdaqItch50 {
        NasdaqItch50
    }

    #[inline(always)]
    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded, Refused> {
        let head = self.head(bytes)?;
        Ok(Decoded { event: self.tell(bytes, head.event, AsEvent), ..head })
    }

    #[inline(always)]
    fn head(&mut self, bytes: &[u8]) -> Result<Decoded, Refused> {
        let (header, longer) = header(bytes)?;
        Ok(Decoded {
            kind: header.kind,
            longer,
            timestamp: header.timestamp.get(),
            instrument: header.stock_locate.get(),
            event: MarketEvent::Other,
        })
    }

    #[inline(always)]
    fn tell<L: Listener>(&mut self, bytes: &[u8], _: MarketEvent, listener: L) -> L::Outcome {
        match decode(bytes) {
            Ok(message) => tell(&message, listener),
            Err(_) => listener.other(MarketEvent::Other),
        }
    }

    fn length(kind: u8) -> Option<usize> {
        length(kind)
    }

    #[inline(always)]
    fn concerns(bytes: &[u8]) -> Option<Ahead> {
        // All messages about orders begin like the shortest of them, and what adds one ends with its
        // price, but for the few that name a participant.
        let (message, _) = OrderDelete::ref_from_prefix(bytes).ok()?;
        let OrderDelete { header, order_reference } = message;
        let adds = (header.kind == AddOrder::KIND) | (header.kind == AddOrderMpid::KIND);
        let indicator = bytes[SIDE_AT.min(bytes.len() - 1)];
        Some(Ahead {
            id: order_reference.get(),
            instrument: header.stock_locate.get(),
            side: select_unpredictable(adds, side(indicator), Side::None),
            price: price(*Price4::ref_from_suffix(bytes).ok()?.1),
        })
    }
}

fn price(price: Price4) -> Price {
    Price::from_e4(price.get())
}

/// `B` buys; the specification knows only `B` and `S`.
fn side(indicator: u8) -> Side {
    if indicator == b'B' { Side::Bid } else { Side::Ask }
}

#[inline(always)]
fn tell<L: Listener>(message: &Message<'_>, listener: L) -> L::Outcome {
    match message {
        Message::AddOrder(m) => add(m, listener),
        // One with the participant's name behind it.
        Message::AddOrderMpid(m) => match AddOrder::ref_from_prefix(m.as_bytes()) {
            Ok((m, _)) => add(m, listener),
            Err(_) => listener.other(MarketEvent::Other),
        },
        Message::OrderDelete(m) => listener.delete(m.order_reference.get()),
        Message::OrderReplace(m) => listener.replace(
            m.original_order_reference.get(),
            m.new_order_reference.get(),
            price(m.price),
            m.shares.get(),
        ),
        Message::OrderExecuted(m) => {
            let (id, match_id) = (m.order_reference.get(), m.match_number.get());
            listener.execute(id, m.executed_shares.get(), match_id, None, Flags::default())
        }
        Message::OrderExecutedWithPrice(m) => {
            let (id, match_id) = (m.order_reference.get(), m.match_number.get());
            let printable = m.printable == b'Y';
            let flags = if printable { Flags::default() } else { Flags::NON_PRINTABLE };
            let price = Some(price(m.execution_price));
            listener.execute(id, m.executed_shares.get(), match_id, price, flags)
        }
        Message::OrderCancel(m) => {
            listener.reduce(m.order_reference.get(), m.cancelled_shares.get())
        }
        message => listener.other(seldom(message)),
    }
}

#[inline(always)]
fn add<L: Listener>(m: &AddOrder, listener: L) -> L::Outcome {
    let (id, symbol) = (m.order_reference.get(), Symbol::from_padded(m.stock));
    listener.add(id, side(m.side), price(m.price), m.shares.get(), symbol)
}

/// What a message says that concerns no order in a book.
#[inline(never)]
fn seldom(message: &Message<'_>) -> MarketEvent {
    match message {
        Message::Trade(m) => MarketEvent::Trade {
            match_id: m.match_number.get(),
            side: side(m.side),
            price: price(m.price),
            quantity: m.shares.get().into(),
            flags: Flags::default(),
            symbol: Symbol::from_padded(m.stock),
        },
        Message::CrossTrade(m) => MarketEvent::Trade {
            match_id: m.match_number.get(),
            side: Side::None,
            price: price(m.cross_price),
            quantity: m.shares.get(),
            flags: Flags::default(),
            symbol: Symbol::from_padded(m.stock),
        },
        Message::BrokenTrade(m) => MarketEvent::TradeBreak { match_id: m.match_number.get() },
        Message::StockDirectory(m) => {
            // `Price(4)`, whole shares.
            let listing = Listing::new(Symbol::from_padded(m.stock).into()).with_decimals(4, 0);
            MarketEvent::Directory(listing.with_lot(m.round_lot_size.get()))
        }
        // `O`: start of messages, the first of the day (section 1.1).
        Message::SystemEvent(m) if m.event_code == b'O' => MarketEvent::DayStart,
        Message::SystemEvent(m) => {
            MarketEvent::status(Topic::Venue, m.event_code, [0; 4], Symbol::NONE)
        }
        Message::StockTradingAction(m) => {
            let symbol = Symbol::from_padded(m.stock);
            MarketEvent::status(Topic::Trading, m.trading_state, m.reason, symbol)
        }
        Message::RegSho(m) => {
            let symbol = Symbol::from_padded(m.stock);
            MarketEvent::status(Topic::ShortSale, m.action, [0; 4], symbol)
        }
        Message::OperationalHalt(m) => {
            let (reason, symbol) = ([m.market, 0, 0, 0], Symbol::from_padded(m.stock));
            MarketEvent::status(Topic::Operational, m.action, reason, symbol)
        }
        _ => MarketEvent::Other,
    }
}
