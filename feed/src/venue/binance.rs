//! Binance's market streams, as recorders write them: best bid and offer, trades, and the book in
//! changes and snapshots.
//!
//! Quotes are those of `bookTicker`. Of an instrument without it they are the best of its book, from a
//! snapshot on: of changes alone the book has what changed and no more, so such quotes carry
//! [`Flags::STALE`], and so do those after a gap until the next
//! snapshot. Partial books (`depth5` to `depth20`) count where no changes come; every one of them is
//! a snapshot of as many levels.
//!
//! Each instrument's changes are numbered: a jump is a gap of exactly the updates that are missing. A
//! snapshot of `GET /api/v3/depth` names no instrument: it belongs to the one whose updates it lies
//! among, or to the only one; until an update says so it waits. One that is older than a gap, or than
//! what is kept of the changes, repairs nothing.
//!
//! Aggregates (`aggTrade`) are published where the trades themselves do not come. `m` says that the
//! buyer's order was the resting one. Messages without a time have that of the last one that had one.

use tickline_shared::msg::Flags;
use tickline_shared::ring::layout::Epoch;

use super::frames::{
    Change, Instruments, LEVELS, NAME_MAX, QUANTITY_DECIMALS, Said, UNKNOWN, read_levels,
};
use super::json::Bad;
use super::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use super::{Family, Refused};
use crate::instruments::SecurityId;

mod depth;
mod frame;

use depth::{Depth, Kept, Step, Updates};
use frame::{Frame, Kind, kind_name};

/// What is kept of an instrument.
#[derive(Debug, Default)]
struct State {
    depth: Depth,
    /// Whether its trades come, so that their aggregates say nothing new.
    trades: bool,
    /// The levels of the last partial book, and the last update that it had.
    shown: Vec<Change>,
    shown_at: u64,
}

/// Decodes the streams.
#[derive(Debug)]
pub struct Binance {
    instruments: Instruments<State>,
    said: Said,
    kept: Kept,
    /// The levels of the message at hand.
    levels: Vec<Change>,
    /// A snapshot that may be of any instrument: its last update, and its bytes.
    waiting: Option<(u64, Vec<u8>)>,
    /// The venue's clock as of the last message that said it, ns.
    time: u64,
}

impl Binance {
    /// Whether a frame, which may be cut, can only be Binance's.
    pub(crate) fn claims(frame: &[u8]) -> bool {
        Frame::start_of(frame).is_binance()
    }

    /// Puts what a frame says into `said`.
    #[inline]
    fn read(&mut self, kind: Kind, frame: &Frame<'_>, bytes: &[u8]) -> Result<(), Bad> {
        match kind {
            Kind::BookTicker => self.ticker(frame),
            Kind::Trade | Kind::AggTrade => self.trade(kind, frame),
            Kind::DepthUpdate => self.change(frame),
            Kind::Depth => self.partial(frame),
            Kind::Snapshot => self.snapshot(frame, bytes),
            Kind::Reply | Kind::Other => Ok(()),
        }
    }

    fn ticker(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.symbol(&mut [0; NAME_MAX])?)?;
        let [bid, ask] = frame.top()?;
        let (bid, ask) = (instrument.best(bid.0, bid.1)?, instrument.best(ask.0, ask.1)?);
        let id = self.said.of(instrument);
        self.said.say(id, MarketEvent::Quote { bid, ask });
        Ok(())
    }

    fn trade(&mut self, kind: Kind, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.of(frame.symbol(&mut [0; NAME_MAX])?)?;
        let (id, price, quantity, buyer_rests) = frame.trade(kind)?;
        let trade = instrument.trade(id, price, quantity, buyer_rests, Flags::default())?;
        instrument.state.trades |= kind == Kind::Trade;
        if kind == Kind::Trade || !instrument.state.trades {
            let id = self.said.of(instrument);
            self.said.say(id, trade);
        }
        Ok(())
    }

    fn change(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let updates = frame.updates()?;
        let place = self.instruments.place(frame.symbol(&mut [0; NAME_MAX])?)?;
        let decimals = self.instruments.at(place).decimals;
        read_levels(frame.sides()?, decimals, &mut self.levels)?;
        // From here on nothing is wrong with the message.
        self.claim_waiting(place, updates);
        let instrument = self.instruments.at(place);
        let id = self.said.of(instrument);
        let depth = &mut instrument.state.depth;
        match depth.change(updates) {
            Step::Old => return Ok(()),
            Step::First => self.said.say(id, MarketEvent::Missing(None)),
            Step::After(gap) => {
                self.kept.forget(id);
                self.said.say(id, MarketEvent::Missing(Some(gap)));
            }
            Step::Next => {}
        }
        if !depth.whole {
            self.kept.keep(id, updates, &self.levels);
        }
        self.said.levels(id, &self.levels, Flags::default());
        self.said.say(id, MarketEvent::EventEnd);
        Ok(())
    }

    /// A partial book is all of what it shows: what it lacks of the one before is gone.
    fn partial(&mut self, frame: &Frame<'_>) -> Result<(), Bad> {
        let last = frame.snapshot()?;
        let instrument = self.instruments.of(frame.symbol(&mut [0; NAME_MAX])?)?;
        read_levels(frame.sides()?, instrument.decimals, &mut self.levels)?;
        let id = self.said.of(instrument);
        let State { depth, shown, shown_at, .. } = &mut instrument.state;
        if depth.has_changes() || last < *shown_at {
            return Ok(());
        }
        *shown_at = last;
        let same = |a: &Change, b: &Change| (a.side, a.price) == (b.side, b.price);
        shown.retain(|old| !self.levels.iter().any(|new| same(old, new)));
        shown.iter_mut().for_each(|level| *level = level.gone());
        self.said.levels(id, &*shown, Flags::default());
        self.said.levels(id, &self.levels, Flags::FROM_SNAPSHOT);
        self.said.say(id, MarketEvent::EventEnd);
        std::mem::swap(shown, &mut self.levels);
        Ok(())
    }

    /// A snapshot that names no instrument.
    fn snapshot(&mut self, frame: &Frame<'_>, bytes: &[u8]) -> Result<(), Bad> {
        let last = frame.snapshot()?;
        // All of it has to make sense, whosever it is.
        read_levels(frame.sides()?, QUANTITY_DECIMALS, &mut self.levels)?;
        let place = match frame.symbol(&mut [0; NAME_MAX]) {
            Ok(name) => Some(self.instruments.place(name)?),
            Err(Bad) => {
                let among = self.instruments.only(|state| state.depth.spans(last));
                among.or_else(|| self.instruments.only(|state| state.depth.has_changes()))
            }
        };
        match place {
            Some(place) => self.take(place, last, frame),
            None => {
                self.waiting = Some((last, bytes.to_vec()));
                Ok(())
            }
        }
    }

    /// A snapshot becomes the book of an instrument, with the changes that followed it.
    fn take(&mut self, place: usize, last: u64, frame: &Frame<'_>) -> Result<(), Bad> {
        let instrument = self.instruments.at(place);
        read_levels(frame.sides()?, instrument.decimals, &mut self.levels)?;
        let id = self.said.of(instrument);
        if self.kept.reaches(id, last) && instrument.state.depth.take(last) {
            self.said.say(id, MarketEvent::ClearBook);
            self.said.levels(id, &self.levels, Flags::FROM_SNAPSHOT);
            self.said.levels(id, self.kept.after(id, last), Flags::default());
            self.said.say(id, MarketEvent::EventEnd);
            self.kept.forget(id);
        }
        Ok(())
    }

    /// Gives the snapshot that waits to an instrument whose change it lies in.
    fn claim_waiting(&mut self, place: usize, updates: Updates) {
        let spans = |last: u64| (updates.before..=updates.last).contains(&last);
        let Some((last, bytes)) = self.waiting.take_if(|(last, _)| spans(*last)) else { return };
        let levels = std::mem::take(&mut self.levels);
        // It was read before.
        let _ = Frame::of(&bytes).and_then(|frame| self.take(place, last, &frame));
        self.levels = levels;
    }
}

impl Decoder for Binance {
    type Instrument = SecurityId;
    const FAMILY: Family = Family::Lines;
    const EPOCH: Epoch = Epoch::Unix;
    const KEEPS: Keeps = Keeps::Levels;
    const SCALES: bool = true;
    const SEVERAL: bool = true;

    fn new(setting: &Setting<'_>) -> Binance {
        Binance {
            instruments: Instruments::new(setting),
            said: Said::new(),
            kept: Kept::new(),
            levels: Vec::with_capacity(LEVELS),
            waiting: None,
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
        if let Err(Bad) = self.read(kind, &frame, bytes) {
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
