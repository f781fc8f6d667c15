//! What happens on a generated day between its opening and closing marks: orders come, change,
//! execute and go.
//!
//! The model has no traders, only rates: a new order stands some ticks from the best price of the
//! other side, few ticks being likelier, so that books never cross and the touch wanders as it is
//! used up; an order that changes or leaves is a young one most of the time (of one stock's orders
//! on a real day half of the deletions met one of the last 5 of 316). Every message refers to what
//! is there, because the model keeps the same books as its readers.

use std::io;

use tickline_shared::book::{Book, Order};
use tickline_shared::msg::Side;
use tickline_shared::units::Price;

use crate::venue::nasdaq_itch50::{
    AddOrder, AddOrderMpid, Header, OrderCancel, OrderDelete, OrderExecuted,
    OrderExecutedWithPrice, OrderReplace, U48,
};

use super::frame::Frame;
use super::mix::Mix;
use super::random::Random;
use super::symbols::{Securities, Security};

/// The tick size, one cent.
pub(super) const TICK: i64 = 10_000_000;

/// The highest price of an order, 199,999.99 dollars: 200,000 means something else.
const HIGHEST: i64 = 200_000 * 1_000_000_000 - TICK;

/// Powers of two over which the distance of an order from the other side spreads, in ticks. Of
/// three such distances the nearest is taken: 30 % at the touch, 53 % within 3 ticks, 70 % within
/// 7, 91 % within 31 (of one stock's messages on a real day 26 % were for the best level, 59 % for
/// the best 4, 75 % for the best 8, 95 % for the best 32).
const DISTANCE_BITS: u32 = 9;

/// Order references grow by 1 to 5, by 3 on average as on the real feed (23,508,286 was given near
/// message 14,757,721, about half of which added or replaced an order).
const REFERENCE_STEP: u64 = 5;

/// Orders that are looked at for one at the touch, where executions happen.
const EXECUTION_TRIES: u32 = 8;

/// Participants who sign their orders.
pub(super) const PARTICIPANTS: [[u8; 4]; 4] = [*b"NITE", *b"GSCO", *b"JPMS", *b"UBSS"];

/// The market's state and the message it has just sent.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) frame: Frame,
    pub(super) mix: Mix,
    pub(super) random: Random,
    pub(super) securities: Securities,
    pub(super) book: Book,
    /// When the message at hand is sent, in nanoseconds since midnight.
    pub(super) now_ns: u64,
    pub(super) last_match: u64,
    /// The security that is halted; one at a time.
    pub(super) halted: Option<Security>,
    /// References of the live orders, young ones last.
    live: Vec<u64>,
    last_reference: u64,
    live_orders_max: u64,
    live_orders_peak: u64,
    /// Messages of the mix from first to last, for the course of the number of live orders.
    pub(super) messages: u64,
}

impl Market {
    pub(super) fn new(
        mix: Mix,
        random: Random,
        securities: Securities,
        count: u16,
        live_orders: u64,
    ) -> io::Result<Market> {
        let book = Book::with_capacity(live_orders as usize + 1, usize::from(count) + 1)?;
        let messages = mix.total();
        Ok(Market {
            frame: Frame::EMPTY,
            mix,
            random,
            securities,
            book,
            now_ns: 0,
            last_match: 0,
            halted: None,
            live: Vec::with_capacity(live_orders as usize + 1),
            last_reference: 0,
            live_orders_max: live_orders,
            live_orders_peak: 0,
            messages,
        })
    }

    /// Sends one message of the mix.
    #[inline]
    pub(super) fn step(&mut self) {
        let Some(kind) = self.mix.draw(&mut self.random) else { return };
        match kind {
            b'A' | b'F' | b'D' if self.wants_order() => self.add(),
            b'A' | b'F' | b'D' if self.mix.left(b'D') > 0 => self.delete(),
            b'A' | b'F' | b'D' => self.fill(),
            b'E' | b'C' | b'X' | b'U' if self.live.is_empty() => self.instead_of(kind),
            b'E' | b'C' => self.execute(kind),
            b'X' => self.cancel(),
            b'U' => self.replace(),
            _ => self.send_other(kind),
        }
    }

    /// Most orders that were live at a time so far.
    pub(super) fn live_orders_peak(&self) -> u64 {
        self.live_orders_peak
    }

    pub(super) fn header(&self, kind: u8, locate: u16) -> Header {
        Header {
            kind,
            stock_locate: locate.into(),
            tracking_number: 0.into(),
            timestamp: U48::new(self.now_ns),
        }
    }

    /// Whether the number of live orders should rise now rather than fall: it climbs to its
    /// maximum, stays there and falls to nothing, wavering on the way.
    #[inline]
    fn wants_order(&mut self) -> bool {
        let adds = self.mix.left(b'A') + self.mix.left(b'F');
        let live = self.live.len() as u64;
        if adds == 0 || live == 0 {
            return adds > 0;
        }
        let max = self.live_orders_max;
        if live >= max {
            return false;
        }
        // Enough messages that additions need not outnumber deletions by more than three to two.
        let ramp = (max * 6).clamp(self.messages / 50, self.messages / 2).max(1);
        let left = self.mix.total();
        let nearest_end = left.min(self.messages - left).min(ramp);
        // Where on the ramp, in 1 / 2^20, so that no product of two large numbers arises.
        let target = ((nearest_end << 20) / ramp * max) >> 20;
        let band = (max / 32).max(4);
        self.random.below(2 * band) + live < band + target
    }

    fn add(&mut self) {
        let (plain, signed) = (self.mix.left(b'A'), self.mix.left(b'F'));
        let kind = if self.random.chance(plain, plain + signed) { b'A' } else { b'F' };
        let security = self.securities.draw(&mut self.random);
        let bid = self.random.chance(1, 2);
        let side = if bid { Side::Bid } else { Side::Ask };
        let order = Order {
            id: self.next_reference(),
            price: self.quote(&security, side),
            quantity: self.quantity(),
            instrument: security.locate,
            side,
            symbol: security.symbol,
        };
        self.book.add(order);
        self.live.push(order.id);
        self.live_orders_peak = self.live_orders_peak.max(self.live.len() as u64);
        let plain = AddOrder {
            header: self.header(kind, security.locate),
            order_reference: order.id.into(),
            side: if bid { b'B' } else { b'S' },
            shares: order.quantity.into(),
            stock: security.stock,
            price: e4(order.price).into(),
        };
        self.mix.take(kind);
        if kind == b'A' {
            return self.frame.put(&plain);
        }
        let AddOrder { header, order_reference, side, shares, stock, price } = plain;
        let attribution = PARTICIPANTS[self.random.below(PARTICIPANTS.len() as u64) as usize];
        let signed =
            AddOrderMpid { header, order_reference, side, shares, stock, price, attribution };
        self.frame.put(&signed);
    }

    fn delete(&mut self) {
        let at = self.pick();
        let id = self.live.swap_remove(at);
        let order = self.book.delete(id).expect("every live order is in the book");
        self.mix.take(b'D');
        let header = self.header(b'D', order.instrument);
        self.frame.put(&OrderDelete { header, order_reference: id.into() });
    }

    /// Lets an order leave by execution: no deletion is left.
    fn fill(&mut self) {
        let (at, order) = self.pick_at_touch();
        let kind = if self.mix.left(b'E') > 0 { b'E' } else { b'C' };
        self.send_execution(kind, at, order, order.quantity);
    }

    fn execute(&mut self, kind: u8) {
        let (at, order) = self.pick_at_touch();
        let executions = self.mix.left(b'E') + self.mix.left(b'C');
        let fills = self.mix.fills();
        if self.random.chance(fills, executions) || (fills > 0 && order.quantity < 2) {
            return self.send_execution(kind, at, order, order.quantity);
        }
        if order.quantity < 2 {
            return self.instead_of(kind);
        }
        let quantity = self.part(order.quantity);
        self.send_execution(kind, at, order, quantity);
    }

    fn send_execution(&mut self, kind: u8, at: usize, order: Order, quantity: u32) {
        if quantity == order.quantity {
            self.live.swap_remove(at);
            self.mix.take_fill();
        }
        self.book.reduce(order.id, quantity);
        self.mix.take(kind);
        let header = self.header(kind, order.instrument);
        let order_reference = order.id.into();
        let executed_shares = quantity.into();
        let match_number = self.next_match().into();
        if kind == b'E' {
            let executed = OrderExecuted { header, order_reference, executed_shares, match_number };
            return self.frame.put(&executed);
        }
        let printable = if self.random.chance(1, 2) { b'Y' } else { b'N' };
        let better = if order.side == Side::Bid { -TICK } else { TICK };
        let execution_price = e4(Price((order.price.0 + better).clamp(TICK, HIGHEST))).into();
        self.frame.put(&OrderExecutedWithPrice {
            header,
            order_reference,
            executed_shares,
            match_number,
            printable,
            execution_price,
        });
    }

    fn cancel(&mut self) {
        let at = self.pick();
        let order = self.book.order(self.live[at]).filter(|order| order.quantity > 1);
        let Some(order) = order else { return self.instead_of(b'X') };
        let quantity = self.part(order.quantity);
        self.book.reduce(order.id, quantity);
        self.mix.take(b'X');
        let header = self.header(b'X', order.instrument);
        let order_reference = order.id.into();
        self.frame.put(&OrderCancel { header, order_reference, cancelled_shares: quantity.into() });
    }

    fn replace(&mut self) {
        let at = self.pick();
        let old = self.live.swap_remove(at);
        let order = self.book.delete(old).expect("every live order is in the book");
        let new = Order {
            id: self.next_reference(),
            price: self.quote(&self.securities.get(order.instrument), order.side),
            quantity: if self.random.chance(3, 4) { order.quantity } else { self.quantity() },
            ..order
        };
        self.book.add(new);
        self.live.push(new.id);
        self.mix.take(b'U');
        self.frame.put(&OrderReplace {
            header: self.header(b'U', order.instrument),
            original_order_reference: old.into(),
            new_order_reference: new.id.into(),
            shares: new.quantity.into(),
            price: e4(new.price).into(),
        });
    }

    /// Nothing is there that a message of this type could refer to: sends what may prepare it, an
    /// order or else a trade of hidden orders, which itself needs nothing.
    pub(super) fn instead_of(&mut self, kind: u8) {
        if self.live.is_empty() && self.mix.left(b'A') + self.mix.left(b'F') > 0 {
            return self.add();
        }
        self.mix.take(if self.mix.left(b'P') > 0 { b'P' } else { kind });
        self.send_trade();
    }

    /// A place among the live orders: that of a young order, most of the time.
    #[inline]
    fn pick(&mut self) -> usize {
        let live = self.live.len() as u64;
        let bits = (u64::BITS - live.leading_zeros()).min(32);
        let age = self.random.spread(bits);
        (live - if age <= live { age } else { 1 + self.random.below(live) }) as usize
    }

    /// An order that others would execute against first, if a few tries find one.
    fn pick_at_touch(&mut self) -> (usize, Order) {
        let mut tries = EXECUTION_TRIES;
        loop {
            let at = self.pick();
            let order = self.book.order(self.live[at]).expect("every live order is in the book");
            let bbo = self.book.bbo(order.instrument);
            let best = if order.side == Side::Bid { bbo.bid } else { bbo.ask };
            tries -= 1;
            if order.price == best.price || tries == 0 {
                return (at, order);
            }
        }
    }

    /// A price for an order: some ticks from the best price of the other side.
    #[inline]
    fn quote(&mut self, security: &Security, side: Side) -> Price {
        let nearest = [(); 3].map(|()| self.random.spread(DISTANCE_BITS)).into_iter().min();
        let away = TICK * nearest.unwrap_or(1) as i64;
        let bbo = self.book.bbo(security.locate);
        let or_base = |price: Price, base: i64| price.get().unwrap_or(base);
        let base = security.base.0;
        Price(match side {
            Side::Bid => (or_base(bbo.ask.price, base + TICK) - away).max(TICK),
            _ => (or_base(bbo.bid.price, base) + away).min(HIGHEST),
        })
    }

    /// Shares of an order: a round lot in half of all cases, else an odd lot or several lots.
    #[inline]
    pub(super) fn quantity(&mut self) -> u32 {
        let shares = match self.random.below(16) {
            0..=7 => 100,
            8..=11 => 1 + self.random.below(99),
            _ => 100 * self.random.spread(6),
        };
        shares as u32
    }

    /// Less than all of a quantity of at least 2, and not nothing.
    #[inline]
    fn part(&mut self, quantity: u32) -> u32 {
        1 + self.random.below(u64::from(quantity) - 1) as u32
    }

    #[inline]
    fn next_reference(&mut self) -> u64 {
        self.last_reference += 1 + self.random.below(REFERENCE_STEP);
        self.last_reference
    }

    #[inline]
    pub(super) fn next_match(&mut self) -> u64 {
        self.last_match += 1;
        self.last_match
    }
}

/// A price as messages carry it, in 1e-4 dollars.
#[inline]
pub(super) fn e4(price: Price) -> u32 {
    (price.0 / 100_000) as u32
}
