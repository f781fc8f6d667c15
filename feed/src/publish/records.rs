//! Records as they are put together from what is known of an event.

use tickline_shared::book::{Level, Order};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::units::{Price, Symbol};

use super::Stamp;

/// A record of an order.
#[inline(always)]
pub(super) fn order_msg(kind: Kind, order: &Order, quantity: u32, flags: Flags) -> Msg {
    let Order { id, price, side, symbol, .. } = *order;
    Msg { id, price, quantity, kind, side, flags, venue: 0, symbol }
}

/// A side of the best bid and offer.
#[inline(always)]
pub(super) fn quote(side: Side, level: &Level, symbol: Symbol, flags: Flags, stamp: Stamp) -> Msg {
    let (quantity, saturated) = saturate(level.quantity);
    let (id, price, kind) = (stamp.sequence, level.price, Kind::Quote);
    Msg { id, price, quantity, kind, side, flags: flags | saturated, venue: 0, symbol }
}

/// A record about the venue itself.
pub(super) fn news(kind: Kind) -> Msg {
    let (price, symbol) = (Price::NONE, Symbol::NONE);
    Msg { id: 0, price, quantity: 0, kind, side: Side::None, flags: Flags::LAST, venue: 0, symbol }
}

/// A quantity in the record's field, with the flag that says when it did not fit.
#[inline(always)]
pub(super) fn saturate(quantity: u64) -> (u32, Flags) {
    match u32::try_from(quantity) {
        // Where it says as much, a decoder may have had more.
        Ok(u32::MAX) | Err(_) => (u32::MAX, Flags::SATURATED),
        Ok(quantity) => (quantity, Flags::default()),
    }
}
