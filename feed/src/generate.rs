//! A synthetic day of Nasdaq TotalView-ITCH 5.0, for tests, measurements and demonstrations that
//! need more messages than anybody may pass on.
//!
//! Guarantees: the same parameters give the same bytes on every machine; exactly as many messages
//! as asked for, in the proportions of a real day, with each of the 23 types in a day of 10,000;
//! times never go back; every message refers to an order that is there and takes no more than is
//! left of it; no book crosses, and no order is left at the end. Memory grows with the live orders,
//! not with the messages.
//!
//! A day begins with its directory (one R, H and Y for each security) between system events `O`
//! and `S`, and has `Q` and `M` where the market opens and closes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

mod clock;
mod mix;
pub(crate) mod random;
mod symbols;

mod frame;
mod market;
mod others;

mod packing;

use clock::Clock;
use market::{Market, TICK};
use mix::{LEAST, Mix, REAL_LIVE_ORDERS, REAL_MESSAGES};
use others::DIRECTORY_MESSAGES;
use random::Random;
use symbols::Securities;

pub use packing::Packing;

/// Securities of a day of a usual size; a real day has 8,906.
const SYMBOLS: u64 = 8_000;

/// Of a small day, at most this part of its messages is one security's.
const MESSAGES_PER_SYMBOL_MIN: u64 = 100;

/// The number of live orders has to come and go within the day.
const MESSAGES_PER_LIVE_ORDER_MIN: u64 = 8;

/// System events of a day.
const SYSTEM_EVENTS: u64 = 6;

/// A whole day, 04:00 to 20:00.
const DAY: Duration = Duration::from_secs(16 * 3600);

/// Which day to generate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// All messages, exactly.
    pub messages: u64,
    /// Securities; stock locates are 1 to this number.
    pub symbols: u16,
    /// Days with different seeds have nothing in common.
    pub seed: u64,
    /// Most orders that are live at a time: reached in the middle of the day, never exceeded.
    pub live_orders: u64,
    /// How long the day lasts by its own clock, 16 hours at most. It is laid around the opening at
    /// 09:30, and of 16 hours has the market open for 6½.
    pub span: Duration,
}

impl Parameters {
    /// A day of so many messages with everything else as on a real day (268,744,780 messages):
    /// 7 live orders to 1,000 messages, and as many messages a second. 8,000 symbols, or one to 100
    /// messages where that is fewer; seed 1.
    pub fn of(messages: u64) -> Parameters {
        let share = |of: u128| (u128::from(messages) * of / u128::from(REAL_MESSAGES)) as u64;
        let span_ns = share(DAY.as_nanos()).clamp(1_000_000, DAY.as_nanos() as u64);
        Parameters {
            messages,
            symbols: (messages / MESSAGES_PER_SYMBOL_MIN).clamp(1, SYMBOLS) as u16,
            seed: 1,
            live_orders: share(u128::from(REAL_LIVE_ORDERS)).max(1),
            span: Duration::from_nanos(span_ns),
        }
    }
}

/// Parameters of which no day can be made.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The directory and one message of each type need more.
    #[error("{messages} messages are too few for {symbols} symbols: expected at least {least}")]
    Messages {
        /// As given.
        messages: u64,
        /// As given.
        symbols: u16,
        /// The fewest for so many symbols.
        least: u64,
    },
    /// A day needs a security to trade.
    #[error("a day needs at least one symbol")]
    NoSymbols,
    /// Not in so few messages.
    #[error(
        "{live_orders} live orders are out of range: expected 1 to {most} in {messages} messages"
    )]
    LiveOrders {
        /// As given.
        live_orders: u64,
        /// As given.
        messages: u64,
        /// The most for so many messages.
        most: u64,
    },
    /// A day has only so many hours.
    #[error("a span of {0:?} is too long: expected 16 hours at most")]
    Span(Duration),
    /// The books of the generator need more memory than there is.
    #[error("no memory for the books of the day")]
    Memory(#[from] io::Error),
}

/// A day, message after message.
#[derive(Debug)]
pub struct Day {
    market: Market,
    clock: Clock,
    /// Messages sent.
    sent: u64,
    bytes: u64,
    by_type: [u64; 128],
    plan: Plan,
}

/// Which message, by its number, does what.
#[derive(Clone, Copy, Debug)]
struct Plan {
    directory_ends: u64,
    opens: u64,
    closes: u64,
    messages: u64,
}

/// What a day, or the part of it that was sent, holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// All messages.
    pub messages: u64,
    /// Their bytes as BinaryFILE, without its end mark.
    pub bytes: u64,
    /// Messages by type.
    pub by_type: BTreeMap<char, u64>,
    /// Most orders that were live at a time.
    pub live_orders_peak: u64,
}

impl Day {
    /// A day that has not begun.
    ///
    /// # Errors
    /// [`Unfit`] says what would have to be different.
    pub fn new(parameters: &Parameters) -> Result<Day, Unfit> {
        let Parameters { messages, symbols, seed, live_orders, span } = *parameters;
        let directory = DIRECTORY_MESSAGES * u64::from(symbols);
        let least = directory + SYSTEM_EVENTS + LEAST;
        if symbols == 0 {
            return Err(Unfit::NoSymbols);
        }
        if messages < least {
            return Err(Unfit::Messages { messages, symbols, least });
        }
        let rest = messages - directory - SYSTEM_EVENTS;
        let most = rest / MESSAGES_PER_LIVE_ORDER_MIN;
        if live_orders == 0 || live_orders > most {
            return Err(Unfit::LiveOrders { live_orders, messages, most });
        }
        if span > DAY {
            return Err(Unfit::Span(span));
        }
        let mut random = Random::new(seed);
        let securities = Securities::new(symbols, TICK, &mut random);
        let market = Market::new(Mix::new(rest), random, securities, symbols, live_orders)?;
        let plan = Plan::new(messages, directory, rest);
        let span_ns = span.as_nanos() as u64;
        let clock = Clock::new(span_ns, plan.opens, plan.closes, messages - 1);
        Ok(Day { market, clock, sent: 0, bytes: 0, by_type: [0; 128], plan })
    }

    /// The next message as BinaryFILE frames it: its length in two bytes, big-endian, then the
    /// message itself. `None` when the day is over.
    #[inline]
    pub fn next_frame(&mut self) -> Option<&[u8]> {
        if self.sent == self.plan.messages {
            return None;
        }
        let Market { random, now_ns, .. } = &mut self.market;
        *now_ns = self.clock.next(random);
        self.plan.send(self.sent, &mut self.market);
        let frame = &self.market.frame;
        self.sent += 1;
        self.bytes += frame.bytes().len() as u64;
        self.by_type[usize::from(frame.kind() & 0x7f)] += 1;
        Some(frame.bytes())
    }

    /// The next message; `None` when the day is over.
    #[inline]
    pub fn next_message(&mut self) -> Option<&[u8]> {
        self.next_frame().map(|frame| &frame[2..])
    }

    /// Writes up to `messages` of those that are left, and after the last of the day the end mark.
    /// Returns whether there are more. Many small writes: give it something buffered.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_some(&mut self, messages: u64, out: &mut impl Write) -> io::Result<bool> {
        let left = self.plan.messages - self.sent;
        for _ in 0..messages.min(left) {
            let Some(frame) = self.next_frame() else { break };
            out.write_all(frame)?;
        }
        if left > 0 && messages >= left {
            out.write_all(&END)?;
        }
        Ok(messages < left)
    }

    /// What was sent so far.
    pub fn summary(&self) -> Summary {
        let seen = self.by_type.iter().enumerate().filter(|(_, count)| **count > 0);
        Summary {
            messages: self.sent,
            bytes: self.bytes,
            by_type: seen.map(|(kind, count)| (kind as u8 as char, *count)).collect(),
            live_orders_peak: self.market.live_orders_peak(),
        }
    }
}

/// The end mark of BinaryFILE: a message without bytes.
const END: [u8; 2] = [0, 0];

/// A whole day in memory, as BinaryFILE: 31 bytes a message.
///
/// # Errors
/// [`Unfit`] says what would have to be different.
pub fn binary_file(parameters: &Parameters) -> Result<Vec<u8>, Unfit> {
    let mut day = Day::new(parameters)?;
    let mut file = Vec::with_capacity(33 * parameters.messages as usize);
    day.write_some(u64::MAX, &mut file)?;
    Ok(file)
}

impl Plan {
    /// The market opens after 5.5 % of the messages that follow the directory (the live captures
    /// have number 14,757,701 at 09:30, on a day like the published one) and closes before the
    /// last 2.5 %.
    fn new(messages: u64, directory: u64, rest: u64) -> Plan {
        let directory_ends = 1 + directory;
        let share = |thousandths: u64| (u128::from(rest) * u128::from(thousandths) / 1000) as u64;
        let opens = directory_ends + 1 + share(55);
        Plan { directory_ends, opens, closes: opens + 1 + share(920), messages }
    }

    /// Sends the message with this number.
    #[inline]
    fn send(&self, number: u64, market: &mut Market) {
        let mark = match number {
            0 => b'O',
            n if n < self.directory_ends => return market.send_directory(n - 1),
            n if n == self.directory_ends => b'S',
            n if n == self.opens => b'Q',
            n if n == self.closes => b'M',
            n if n + 2 == self.messages => b'E',
            n if n + 1 == self.messages => b'C',
            _ => return market.step(),
        };
        market.send_system_event(mark);
    }
}

#[cfg(test)]
mod tests;
