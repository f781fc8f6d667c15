//! Records that were published once, and are published again.
//!
//! The last record of an event carries [`Flags::LAST`]. Where a stream that was recorded is not wanted
//! now, the last one may be left out, and the one before it takes its place: so a record is held back
//! until it is known whether another one of its event follows.

use tickline_shared::clock::Clock;
use tickline_shared::msg::{Flags, Kind, Msg};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Symbol;
use zerocopy::transmute;

use super::{Publisher, Sink, Stamp, Stopped};
use crate::instruments::Named;

impl<C: Clock, S: Sink> Publisher<C, S> {
    /// Publishes a recorded record, if it is of a stream that is wanted.
    #[inline(always)]
    pub(super) fn again(&mut self, words: [u64; 4], stamp: Stamp) -> Result<(), Stopped> {
        let msg: Msg = transmute!(words);
        if matches!(msg.kind, Kind::Status | Kind::Clear) {
            self.note(&msg);
        }
        if self.passes { self.emit(msg, stamp) } else { self.again_some(msg, stamp) }
    }

    /// What comes now holds these streams: where all of them are wanted, records pass as they are.
    pub fn passing(&mut self, held: Streams) {
        let Streams { orders, levels, quotes, trades } = self.streams;
        let wanted = [(orders, held.orders), (levels, held.levels), (quotes, held.quotes)];
        let lacks = |(wanted, held): (bool, bool)| held && !wanted;
        self.passes = !wanted.into_iter().any(lacks) && !lacks((trades, held.trades));
    }

    /// Keeps the table that strategies see as the record says.
    #[cold]
    fn note(&mut self, msg: &Msg) {
        match msg.status() {
            Some(status) => {
                if let Some(number) = msg.symbol.number(&mut self.instruments) {
                    self.instruments.set_status(number, &status);
                }
            }
            None if msg.symbol == Symbol::NONE => self.instruments.clear_statuses(),
            None => {}
        }
    }

    /// The same where some streams are not wanted.
    #[inline(never)]
    fn again_some(&mut self, mut msg: Msg, mut stamp: Stamp) -> Result<(), Stopped> {
        let last = msg.flags.contains(Flags::LAST);
        if !is_of(self.streams, msg.kind) {
            let Some(pending) = self.pending.take_if(|_| last) else { return Ok(()) };
            (msg, stamp) = pending;
            msg.flags = msg.flags | Flags::LAST;
        } else {
            self.settle()?;
            if !last {
                self.pending = Some((msg, stamp));
                return Ok(());
            }
        }
        self.emit(msg, stamp)
    }

    /// Publishes what was held back: nothing more of its event comes.
    pub fn settle(&mut self) -> Result<(), Stopped> {
        match self.pending.take() {
            Some((msg, stamp)) => self.emit(msg, stamp),
            None => Ok(()),
        }
    }
}

/// Whether records of this kind belong to one of these streams, or to all.
fn is_of(streams: Streams, kind: Kind) -> bool {
    match kind {
        Kind::Quote => streams.quotes,
        Kind::Level => streams.levels,
        Kind::Trade | Kind::TradeBreak => streams.trades,
        Kind::Add | Kind::Reduce | Kind::Delete | Kind::Replace | Kind::Execute | Kind::Fill => {
            streams.orders
        }
        _ => true,
    }
}
