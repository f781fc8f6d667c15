//! Orders of a venue whose messages say all of an order each time, and when an event is over.
//!
//! What happens to an order that the feed never saw is published as the venue states it, and counted
//! as unknown: a cancel leaves the book as it is, a modify puts the order into it. The top of a book is
//! looked at when the event is over. Once the venue says that the book may be wrong, its quotes carry
//! [`Flags::STALE`] until the book is cleared.

use tickline_shared::book::Order;
use tickline_shared::clock::Clock;
use tickline_shared::msg::{Flags, Kind, Msg};

use super::records::{news, order_msg};
use super::{Publisher, Sink, Stamp, Stopped};
use crate::venue::market::{Action, OrderEvent};

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// Follows one event. Not inlined: it would only burden the loops of other venues.
    #[inline(never)]
    pub(super) fn stated(
        &mut self,
        number: u16,
        event: OrderEvent,
        stamp: Stamp,
    ) -> Result<(), Stopped> {
        let OrderEvent { id, price, quantity, action, side, flags } = event;
        let within = Flags(flags.0 & !Flags::LAST.0);
        let symbol = self.instruments.get(number).symbol;
        let order = Order { id, price, quantity, instrument: number, side, symbol };
        if flags.contains(Flags::STALE) {
            self.instruments.lose_one(number);
        }
        let said = match action {
            Action::Add => Some(self.stated_add(&order)),
            Action::Cancel => Some(self.stated_cancel(&order)),
            Action::Modify if quantity == 0 => {
                let gone = self.book.delete(id);
                self.faults.unknown_orders += u64::from(gone.is_none());
                let gone = gone.unwrap_or(order);
                Some(order_msg(Kind::Delete, &gone, gone.quantity, within))
            }
            Action::Modify => match self.book.replace(id, id, price, quantity) {
                Some(replaced) => {
                    let old = replaced.old;
                    if self.streams.orders {
                        let gone = order_msg(Kind::Replace, &old, old.quantity, within);
                        self.emit(gone, stamp)?;
                    }
                    Some(order_msg(Kind::Add, &replaced.new, quantity, within))
                }
                None => {
                    self.faults.unknown_orders += 1;
                    Some(self.stated_add(&order))
                }
            },
            Action::Fill => Some(order_msg(Kind::Fill, &order, quantity, within)),
            Action::Trade => Some(order_msg(Kind::Trade, &order, quantity, within)),
            Action::Clear => {
                self.empty(number);
                Some(Msg { symbol, ..news(Kind::Clear) })
            }
            Action::Nothing => None,
        };
        let last = flags.contains(Flags::LAST);
        let top = match last && self.streams.quotes {
            true => self.changed_top(number, self.book.bbo(number)),
            false => None,
        };
        let wanted = |msg: &Msg| match msg.kind {
            Kind::Trade => self.streams.trades,
            Kind::Clear => true,
            _ => self.streams.orders,
        };
        if let Some(mut msg) = said.filter(wanted) {
            // Without orders nothing may come after a trade that could end its event.
            let alone = msg.kind == Kind::Trade && !self.streams.orders;
            let ends = top.is_none() && (last || alone);
            msg.flags = within | if ends { Flags::LAST } else { Flags::default() };
            self.emit(msg, stamp)?;
        }
        let marks = [self.instruments.marks(number); 2];
        top.map_or(Ok(()), |top| self.pair(&top, symbol, marks, stamp))
    }

    fn stated_add(&mut self, order: &Order) -> Msg {
        self.faults.duplicate_orders += u64::from(self.book.add(*order).is_some());
        self.peak_orders = self.peak_orders.max(self.book.live_orders());
        order_msg(Kind::Add, order, order.quantity, Flags::default())
    }

    fn stated_cancel(&mut self, order: &Order) -> Msg {
        let Some(reduced) = self.book.reduce(order.id, order.quantity) else {
            self.faults.unknown_orders += 1;
            return order_msg(Kind::Delete, order, order.quantity, Flags::default());
        };
        self.faults.over_reduced += u64::from(reduced.excess > 0);
        let kind = if reduced.remaining == 0 { Kind::Delete } else { Kind::Reduce };
        let taken = order.quantity - reduced.excess;
        order_msg(kind, &reduced.order, taken, Flags::default())
    }
}
