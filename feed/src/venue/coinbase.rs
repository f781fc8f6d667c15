//! Coinbase's Exchange feed, as recorders write it: the book in a snapshot and changes, best bid and
//! offer, trades.
//!
//! Quotes are the best of the book where `level2` comes; of a product without it they are those of
//! `ticker`, which comes with every trade, from 2022 on, when it said the sizes too. Changes without a
//! snapshot before them make quotes with [`Flags::STALE`]. The changes have no numbers: what is missing
//! of them cannot be seen.
//!
//! `side` of a match is that of the resting order. A `last_match` was before the subscription, and
//! carries [`Flags::FROM_SNAPSHOT`]. Messages without a time have that of the last one that had one.

use tickline_shared::msg::Flags;
use tickline_shared::ring::layout::Epoch;

use super::frames::{Change, Instruments, LEVELS, Said, UNKNOWN, level, read_levels, rows, side};
use super::json::Bad;
use super::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use super::{Family, Refused};
use crate::instruments::SecurityId;

mod frame;

use frame::{Frame, Kind, buys, kind_name};

/// What is kept of a product.
#[derive(Debug, Default)]
struct State {
    /// Whether its book comes, so that the ticker says nothing new.
    levels: bool,
}

/// Decodes the feed.
#[derive(Debug)]
pub struct Coinbase {
    instruments: Instruments<State>,
    said: Said,
    /// The levels of the message at hand.
    levels: Vec<Change>,
    /// The venue's clock as of the last message that said it, ns.
    time: u64,
}

impl Coinbase {
    /// Whether a frame, which may be cut, can only be Coinbase's.
    pub(crate) fn claims(frame: &[u8]) -> bool {
        Frame::start_of(frame).is_coinbase()
    }

    /// Puts what a frame says into `said`.
    #[inline]
    fn read(&mut self, kind: Kind, frame: &Frame<'_>) -> Result<(), Bad> {
        match kind {
            Kind::Snapshot => self.snapshot(frame),
            Kind::L2Update => self.change(frame),
            Kind::Ticker => self.ticker(frame),
            Kind::Match => self.trade(frame, Flags::default()),
            Kind::LastMatch => self.trade(frame, Flags::FROM_SNAPSHOT),
            Kind::Heartbeat | Kind::Subscriptions | Kind::Status | Kind::Error | Kind::Other => {
                Ok(())
            }
        }
    }

    fn snapshot(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.product()?)?;
        read_levels(frame.sides()?, instrument.decimals, &mut self.levels)?;
        instrument.state.levels = true;
        let id = self.said.of(instrument);
        self.said.say(id, MarketEvent::ClearBook);
        self.said.levels(id, &self.levels, Flags::FROM_SNAPSHOT);
        self.said.say(id, MarketEvent::EventEnd);
        Ok(())
    }

    fn change(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.product()?)?;
        self.levels.clear();
        rows(frame.changes()?, |[of, price, size]| {
            let side = side(buys(of)?);
            self.levels.push(level(side, [price, size], instrument.decimals)?);
            Ok(())
        })?;
        let id = self.said.of(instrument);
        if !std::mem::replace(&mut instrument.state.levels, true) {
            self.said.say(id, MarketEvent::Missing(None));
        }
        self.said.levels(id, &self.levels, Flags::default());
        self.said.say(id, MarketEvent::EventEnd);
        Ok(())
    }

    fn ticker(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.product()?)?;
        if let [(bid, Some(bid_size)), (ask, Some(ask_size))] = frame.top()? {
            let (bid, ask) = (instrument.best(bid, bid_size)?, instrument.best(ask, ask_size)?);
            if !instrument.state.levels {
                let id = self.said.of(instrument);
                self.said.say(id, MarketEvent::Quote { bid, ask });
            }
        }
        Ok(())
    }

    fn trade(&mut self, frame: &Frame<'_>, flags: Flags) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.product()?)?;
        let (id, price, size, buyer_rests) = frame.trade()?;
        let trade = instrument.trade(id, price, size, buyer_rests, flags)?;
        let id = self.said.of(instrument);
        self.said.say(id, trade);
        Ok(())
    }
}

impl Decoder for Coinbase {
    type Instrument = SecurityId;
    const FAMILY: Family = Family::Lines;
    const EPOCH: Epoch = Epoch::Unix;
    const KEEPS: Keeps = Keeps::Levels;
    const SCALES: bool = true;
    const SEVERAL: bool = true;

    fn new(setting: &Setting<'_>) -> Coinbase {
        Coinbase {
            instruments: Instruments::new(setting),
            said: Said::new(),
            levels: Vec::with_capacity(LEVELS),
            time: 0,
        }
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<SecurityId>, Refused> {
        self.said.clear();
        if bytes.is_empty() {
            return Err(Refused::Empty);
        }
        let frame = Frame::of(bytes).map_err(|Bad| Refused::Damaged)?;
        let kind = frame.kind().ok_or(Refused::Unknown(UNKNOWN))?;
        let time = frame.time().map_err(|Bad| Refused::Damaged)?;
        if let Err(Bad) = self.read(kind, &frame) {
            self.said.clear();
            return Err(Refused::Damaged);
        }
        self.time = time.unwrap_or(self.time);
        let (instrument, event) = self.said.first();
        let (kind, timestamp) = (kind as u8, self.time);
        Ok(Decoded { kind, longer: false, timestamp, instrument, event })
    }

    #[inline]
    fn more(&mut self, _: &[u8]) -> Option<(SecurityId, MarketEvent)> {
        self.said.next()
    }

    fn type_name(kind: u8) -> String {
        kind_name(kind).unwrap_or("unknown").to_owned()
    }
}

#[cfg(test)]
mod tests;
