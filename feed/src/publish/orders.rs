//! What a message says, of orders above all, and what strategies are told of it.

use tickline_shared::book::Order;
use tickline_shared::clock::Clock;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::units::{Price, Symbol};

use super::records::order_msg;
use super::{Publisher, Sink, Stamp, Stopped};
use crate::instruments::Named;
use crate::venue::listener::Listener;
use crate::venue::market::MarketEvent;

/// The publisher as it listens to one message.
pub struct Listening<'a, C, S, I> {
    publisher: &'a mut Publisher<C, S>,
    instrument: I,
    stamp: Stamp,
}

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// Listens to what a message says of an instrument.
    #[inline(always)]
    pub fn listener<I: Named>(&mut self, instrument: I, stamp: Stamp) -> Listening<'_, C, S, I> {
        Listening { publisher: self, instrument, stamp }
    }

    /// Publishes what an order event comes down to, once the book has followed it.
    #[inline(always)]
    fn order(
        &mut self,
        kind: Kind,
        order: &Order,
        quantity: u32,
        trade: Option<Msg>,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        let trade = trade.filter(|_| self.streams.trades);
        let top = if self.streams.quotes {
            self.changed_side(order.instrument, order.side)
        } else {
            None
        };
        if self.streams.orders {
            let last = trade.is_none() && top.is_none();
            let flags = if last { Flags::LAST } else { Flags::default() };
            self.emit(order_msg(kind, order, quantity, flags), stamp)?;
        }
        if let Some(mut msg) = trade {
            if top.is_none() {
                msg.flags = msg.flags | Flags::LAST;
            }
            self.emit(msg, stamp)?;
        }
        let Some(top) = top else { return Ok(()) };
        let marks = [self.instruments.marks(order.instrument); 2];
        self.pair(&top, order.symbol, marks, stamp)
    }
}

impl<C: Clock, S: Sink, I: Named> Listening<'_, C, S, I> {
    /// Whether anybody wants to know of the instrument.
    #[inline(always)]
    fn is_wanted(&mut self) -> Result<bool, Stopped> {
        let instruments = &mut self.publisher.instruments;
        match self.instrument.number(instruments) {
            Some(number) => Ok(instruments.get(number).wanted),
            None => self.publisher.unnumbered().map(|()| false),
        }
    }
}

impl<C: Clock, S: Sink, I: Named> Listener for Listening<'_, C, S, I> {
    type Outcome = Result<(), Stopped>;

    #[inline(always)]
    fn add(
        self,
        id: u64,
        side: Side,
        price: Price,
        quantity: u32,
        symbol: Symbol,
    ) -> Result<(), Stopped> {
        let Listening { publisher: it, instrument, stamp } = self;
        let Some(instrument) = instrument.number(&mut it.instruments) else {
            return it.unnumbered();
        };
        let known = it.instruments.named(instrument, symbol);
        if !known.wanted {
            return Ok(());
        }
        let order = Order { id, price, quantity, instrument, side, symbol: known.symbol };
        if let Some(older) = it.book.add(order) {
            it.duplicate_order(&older, &order, stamp)?;
        }
        it.peak_orders = it.peak_orders.max(it.book.live_orders());
        it.order(Kind::Add, &order, quantity, None, stamp)
    }

    #[inline(always)]
    fn execute(
        mut self,
        id: u64,
        quantity: u32,
        match_id: u64,
        price: Option<Price>,
        flags: Flags,
    ) -> Result<(), Stopped> {
        if !self.is_wanted()? {
            return Ok(());
        }
        let it = self.publisher;
        let Some(reduced) = it.book.reduce(id, quantity) else { return it.unknown_order() };
        it.faults.over_reduced += u64::from(reduced.excess > 0);
        let order = reduced.order;
        let trade = Msg {
            id: match_id,
            price: price.unwrap_or(order.price),
            quantity,
            kind: Kind::Trade,
            side: order.side,
            flags,
            venue: 0,
            symbol: order.symbol,
        };
        let taken = quantity - reduced.excess;
        it.order(Kind::Execute, &order, taken, Some(trade), self.stamp)
    }

    #[inline(always)]
    fn reduce(mut self, id: u64, quantity: u32) -> Result<(), Stopped> {
        if !self.is_wanted()? {
            return Ok(());
        }
        let it = self.publisher;
        let Some(reduced) = it.book.reduce(id, quantity) else { return it.unknown_order() };
        it.faults.over_reduced += u64::from(reduced.excess > 0);
        let taken = quantity - reduced.excess;
        it.order(Kind::Reduce, &reduced.order, taken, None, self.stamp)
    }

    #[inline(always)]
    fn delete(mut self, id: u64) -> Result<(), Stopped> {
        if !self.is_wanted()? {
            return Ok(());
        }
        let it = self.publisher;
        let Some(order) = it.book.delete(id) else { return it.unknown_order() };
        it.order(Kind::Delete, &order, order.quantity, None, self.stamp)
    }

    #[inline(always)]
    fn replace(mut self, old: u64, id: u64, price: Price, quantity: u32) -> Result<(), Stopped> {
        if !self.is_wanted()? {
            return Ok(());
        }
        let it = self.publisher;
        let Some(replaced) = it.book.replace(old, id, price, quantity) else {
            return it.unknown_order();
        };
        if let Some(older) = replaced.displaced {
            it.duplicate_order(&older, &replaced.new, self.stamp)?;
        }
        if it.streams.orders {
            let old = replaced.old;
            let msg = order_msg(Kind::Replace, &old, old.quantity, Flags::default());
            it.emit(msg, self.stamp)?;
        }
        it.order(Kind::Add, &replaced.new, quantity, None, self.stamp)
    }

    #[inline(always)]
    fn other(self, event: MarketEvent) -> Result<(), Stopped> {
        let Listening { publisher: it, instrument: named, stamp } = self;
        let Some(instrument) = named.number(&mut it.instruments) else {
            return it.unnumbered();
        };
        match event {
            MarketEvent::Directory(listing) => it.directory(instrument, named.called(), &listing),
            _ if !it.instruments.get(instrument).wanted => it.unwanted(instrument, event, stamp),
            MarketEvent::Quote { .. } | MarketEvent::Level { .. } | MarketEvent::EventEnd => {
                it.without_orders(instrument, event, stamp)
            }
            MarketEvent::Order(event) => it.stated(instrument, event, stamp),
            MarketEvent::Record(words) => it.again(words, stamp),
            event => it.other(instrument, event, stamp),
        }
    }
}
