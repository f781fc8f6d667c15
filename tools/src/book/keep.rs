//! What a strategy would keep of the records of a feed: the books, and what was said of each
//! symbol.

use std::io;

use tickline_feed::publish::Sink;
use tickline_feed::stream::Opened;
use tickline_feed::venue::Venue;
use tickline_shared::book::{Applied, Bbo, Level, MsgBook};
use tickline_shared::msg::{Flags, Kind, Msg, Side, Status, Topic};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::ring::writer::Full;
use tickline_shared::symbols::Symbols;
use tickline_shared::units::{Price, Symbol};

use super::at::Until;
use super::{BookError, ROOM};
use crate::moment::Moment;

/// Takes the records of a feed in place of a ring.
pub struct Keep {
    /// Whose messages they are.
    pub venue: Venue,
    /// What its clock counts from.
    pub epoch: Epoch,
    book: MsgBook,
    streams: Streams,
    until: Until,
    numbers: Symbols,
    /// By number, in the order in which their symbols appeared.
    known: Vec<Known>,
    taken: u64,
}

/// What was said of a symbol.
#[derive(Clone, Copy)]
pub struct Known {
    pub symbol: Symbol,
    /// Records of its book.
    pub records: u64,
    /// The venue's clock at the last of them.
    pub last_ts: u64,
    /// Of a venue that sends quotes: the last one.
    quoted: Bbo,
    quote_is_stale: bool,
    /// The last status of each kind that says whether it trades.
    trading: Option<Status>,
    operational: Option<Status>,
}

impl Keep {
    /// Books of what a file holds, up to a time of its venue's clock.
    pub fn new(opened: &Opened, at: Option<Moment>) -> io::Result<Keep> {
        let (venue, epoch) = (opened.venue, opened.epoch);
        // The most that it sends says the rest.
        let Streams { orders, levels, .. } = opened.streams;
        let streams = Streams { orders, levels, quotes: !orders && !levels, trades: false };
        let book = match levels {
            true => MsgBook::of_levels(ROOM, 0)?,
            false => MsgBook::with_capacity(ROOM, 0)?,
        };
        let (until, numbers) = (Until::new(at, epoch), Symbols::with_capacity(0));
        Ok(Keep { venue, epoch, book, streams, until, numbers, known: Vec::new(), taken: 0 })
    }

    /// Whether there can be books at the time that was asked for.
    pub fn check(&self) -> Result<(), BookError> {
        self.until.check()
    }

    /// The streams that the books are kept from.
    pub fn streams(&self) -> Streams {
        self.streams
    }

    /// What was said of each symbol, in the order of appearance.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// What was said of a symbol; as if it was nothing where it was nothing.
    pub fn of(&self, symbol: Symbol) -> Known {
        let number = self.numbers.get(symbol);
        number.map_or(Known::new(symbol), |number| self.known[usize::from(number)])
    }

    /// The top of a symbol's book.
    pub fn top(&self, known: &Known) -> Bbo {
        if self.streams.quotes { known.quoted } else { self.book.bbo(known.symbol) }
    }

    /// All levels of a side, best first; of quotes one.
    pub fn depth(&self, known: &Known, side: Side) -> Vec<Level> {
        let quoted = if side == Side::Bid { known.quoted.bid } else { known.quoted.ask };
        match self.streams.quotes {
            true => [quoted].into_iter().filter(|level| *level != Level::NONE).collect(),
            false => self.book.depth(known.symbol, side).collect(),
        }
    }

    /// Whether messages are missing that the book would need.
    pub fn is_stale(&self, known: &Known) -> bool {
        if self.streams.quotes { known.quote_is_stale } else { self.book.is_stale(known.symbol) }
    }

    fn known_mut(&mut self, symbol: Symbol) -> Option<&mut Known> {
        let number = usize::from(self.numbers.number(symbol)?);
        if number == self.known.len() {
            self.known.push(Known::new(symbol));
        }
        self.known.get_mut(number)
    }

    fn follow(&mut self, msg: &Msg, exchange_ts: u64) {
        // What does not fit the book is one of the feed's faults, which concern the whole run.
        let applied = self.book.apply(msg);
        if msg.symbol == Symbol::NONE {
            match applied {
                Applied::Stale => {
                    self.known.iter_mut().for_each(|known| known.quote_is_stale = true);
                }
                Applied::Cleared => self.known.iter_mut().for_each(Known::clear),
                _ => {}
            }
            return;
        }
        if let Some(known) = self.known_mut(msg.symbol) {
            known.follow(msg, exchange_ts);
        }
    }
}

impl Known {
    fn new(symbol: Symbol) -> Known {
        Known {
            symbol,
            records: 0,
            last_ts: 0,
            quoted: Bbo::EMPTY,
            quote_is_stale: false,
            trading: None,
            operational: None,
        }
    }

    /// The status that says that it does not trade.
    pub fn halt(&self) -> Option<Status> {
        let statuses = [self.trading, self.operational].into_iter().flatten();
        statuses.into_iter().find(|status| status.trades() == Some(false))
    }

    fn clear(&mut self) {
        *self = Known { records: self.records, last_ts: self.last_ts, ..Known::new(self.symbol) };
    }

    fn follow(&mut self, msg: &Msg, exchange_ts: u64) {
        match msg.kind {
            Kind::Status => match msg.status() {
                Some(status) if status.topic == Topic::Trading => self.trading = Some(status),
                Some(status) if status.topic == Topic::Operational => {
                    self.operational = Some(status);
                }
                _ => {}
            },
            Kind::Gap => self.quote_is_stale |= msg.flags.contains(Flags::STALE),
            Kind::Clear => (self.quoted, self.quote_is_stale) = (Bbo::EMPTY, false),
            _ => {
                self.records += 1;
                self.last_ts = exchange_ts;
                if msg.kind == Kind::Quote {
                    self.quote_is_stale = msg.flags.contains(Flags::STALE);
                    let side = match msg.side {
                        Side::Bid => &mut self.quoted.bid,
                        _ => &mut self.quoted.ask,
                    };
                    let quantity = u64::from(msg.quantity);
                    *side = match msg.price {
                        Price::NONE => Level::NONE,
                        price => Level { price, quantity, orders: 1 },
                    };
                }
            }
        }
    }
}

impl Sink for Keep {
    const WATCHES: bool = true;

    fn goes_on(&mut self, exchange_ts: u64) -> bool {
        self.until.includes(exchange_ts)
    }

    fn publish(&mut self, record: Record) -> Result<(), Full> {
        self.follow(&record.msg, record.exchange_ts);
        self.taken += 1;
        Ok(())
    }

    fn published(&self) -> u64 {
        self.taken
    }
}
