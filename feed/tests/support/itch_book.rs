//! A book kept from decoded messages, with what does not fit counted. Included by path.

use tickline_feed::venue::market::{Decoded, MarketEvent};
use tickline_shared::book::{Book, Order};

/// Messages that do not fit the book that they were applied to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    pub unknown: u64,
    pub duplicate: u64,
    pub over_reduced: u64,
}

/// Applies a message; says whether it changed the book of its instrument.
#[inline(always)]
pub fn apply(book: &mut Book, decoded: &Decoded, faults: &mut Faults) -> bool {
    let instrument = decoded.instrument;
    let known = match decoded.event {
        MarketEvent::Add { id, side, price, quantity, symbol } => {
            let displaced = book.add(Order { id, price, quantity, instrument, side, symbol });
            faults.duplicate += u64::from(displaced.is_some());
            true
        }
        MarketEvent::Execute { id, quantity, .. } | MarketEvent::Reduce { id, quantity } => {
            let reduced = book.reduce(id, quantity);
            faults.over_reduced += u64::from(reduced.is_some_and(|reduced| reduced.excess > 0));
            reduced.is_some()
        }
        MarketEvent::Delete { id } => book.delete(id).is_some(),
        MarketEvent::Replace { old, id, price, quantity } => {
            let replaced = book.replace(old, id, price, quantity);
            faults.duplicate += u64::from(replaced.is_some_and(|it| it.displaced.is_some()));
            replaced.is_some()
        }
        _ => return false,
    };
    faults.unknown += u64::from(!known);
    known
}
