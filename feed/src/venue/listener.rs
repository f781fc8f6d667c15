//! Who is told what a message says.

use tickline_shared::msg::{Flags, Side};
use tickline_shared::units::{Price, Symbol};

use super::market::MarketEvent;

/// Whoever is told what a message says. What happens to orders, which is nearly all that happens, comes
/// in calls of its own: a decoder that branches by the type of a message has said with that what it is,
/// and an event that was put together would only be taken apart again, by another branch that the
/// processor cannot foresee (4 to 7 ns of a message's 50 to 80).
pub trait Listener: Sized {
    /// What comes of it.
    type Outcome;

    /// See [`MarketEvent::Add`].
    fn add(self, id: u64, side: Side, price: Price, quantity: u32, symbol: Symbol)
    -> Self::Outcome;

    /// See [`MarketEvent::Execute`].
    fn execute(
        self,
        id: u64,
        quantity: u32,
        match_id: u64,
        price: Option<Price>,
        flags: Flags,
    ) -> Self::Outcome;

    /// See [`MarketEvent::Reduce`].
    fn reduce(self, id: u64, quantity: u32) -> Self::Outcome;

    /// See [`MarketEvent::Delete`].
    fn delete(self, id: u64) -> Self::Outcome;

    /// See [`MarketEvent::Replace`].
    fn replace(self, old: u64, id: u64, price: Price, quantity: u32) -> Self::Outcome;

    /// Any other event.
    fn other(self, event: MarketEvent) -> Self::Outcome;

    /// Any event.
    #[inline(always)]
    fn event(self, event: MarketEvent) -> Self::Outcome {
        match event {
            MarketEvent::Add { id, side, price, quantity, symbol } => {
                self.add(id, side, price, quantity, symbol)
            }
            MarketEvent::Execute { id, quantity, match_id, price, flags } => {
                self.execute(id, quantity, match_id, price, flags)
            }
            MarketEvent::Reduce { id, quantity } => self.reduce(id, quantity),
            MarketEvent::Delete { id } => self.delete(id),
            MarketEvent::Replace { old, id, price, quantity } => {
                self.replace(old, id, price, quantity)
            }
            event => self.other(event),
        }
    }
}

/// Takes what it is told as an event.
#[derive(Clone, Copy, Debug)]
pub struct AsEvent;

impl Listener for AsEvent {
    type Outcome = MarketEvent;

    #[inline(always)]
    fn add(self, id: u64, side: Side, price: Price, quantity: u32, symbol: Symbol) -> MarketEvent {
        MarketEvent::Add { id, side, price, quantity, symbol }
    }

    #[inline(always)]
    fn execute(
        self,
        id: u64,
        quantity: u32,
        match_id: u64,
        price: Option<Price>,
        flags: Flags,
    ) -> MarketEvent {
        MarketEvent::Execute { id, quantity, match_id, price, flags }
    }

    #[inline(always)]
    fn reduce(self, id: u64, quantity: u32) -> MarketEvent {
        MarketEvent::Reduce { id, quantity }
    }

    #[inline(always)]
    fn delete(self, id: u64) -> MarketEvent {
        MarketEvent::Delete { id }
    }

    #[inline(always)]
    fn replace(self, old: u64, id: u64, price: Price, quantity: u32) -> MarketEvent {
        MarketEvent::Replace { old, id, price, quantity }
    }

    #[inline(always)]
    fn other(self, event: MarketEvent) -> MarketEvent {
        event
    }
}
