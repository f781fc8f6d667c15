//! Text, one message a line: frames of a WebSocket as recorders write them, and tables.
//!
//! ```text
//! 1723161253937085768 {"stream":…}          a frame, and when it was received
//! 1618677817.020779: {"type":…}             the same, in seconds
//! {"e":"trade",…}                           a frame of which nobody knows
//! wss://ws-feed.pro.coinbase.com <- 1618677817.020616: {"type":"subscribe",…}
//! 34200.004241176,1,16113575,18,5853300,1   a row of a table: the whole line is the message
//! ```
//!
//! A time of 10, 13, 16 or 19 digits before any point counts seconds, milliseconds, microseconds or
//! nanoseconds since the Unix epoch. A line that begins with the address of a WebSocket tells of the
//! connection, or of what was sent: it is [`Skipped::NotReceived`]. Lines end with LF or CR LF, the
//! last one may end with the file; empty ones say nothing. What is none of these, or longer than
//! [`LINE_MAX`], is counted as malformed and passed over.

use super::{Claim, Container, Event, Framing};
use crate::counts::{Counts, Malformed, Skipped};
use crate::session::Sessions;
use crate::source::{Error, Input};
use crate::venue::binance::Binance;
use crate::venue::coinbase::Coinbase;
use crate::venue::lobster::{self, Table};
use crate::venue::{Family, Venue};

mod line;

use line::{Line, line_length};

/// Bytes of a line: sixteen times the largest snapshot of a book that was seen.
pub const LINE_MAX: usize = 16 << 20;

/// Lines of the sample that are looked at.
const LINES: usize = 64;

/// Messages out of lines, numbered from 1.
#[derive(Debug)]
pub struct Lines {
    input: Input,
    /// Whether lines are messages as they are, and not what a recorder wrote around them.
    bare: bool,
    /// Number of the last message; `None` before the session was begun.
    sequence: Option<u64>,
    /// Bytes of the window in which no line ends.
    searched: usize,
}

impl Lines {
    /// Bytes of the next line, in the window as a whole; `None` at the end of the file.
    #[inline]
    fn line(&mut self, counts: &mut Counts) -> Result<Option<usize>, Error> {
        loop {
            let window = self.input.window();
            let found = line_length(window.get(self.searched..).unwrap_or_default());
            let length = found.map_or(window.len(), |length| self.searched + length);
            if length > LINE_MAX {
                self.pass_over(counts)?;
            } else if found.is_some() {
                return Ok(Some(length));
            } else {
                self.searched = length;
                if !self.input.refill()? {
                    return Ok((length > 0).then_some(length));
                }
            }
        }
    }

    /// Moves behind a line that is too long.
    #[cold]
    fn pass_over(&mut self, counts: &mut Counts) -> Result<(), Error> {
        counts.malformed(Malformed::LongLine);
        self.searched = 0;
        loop {
            let window = self.input.window();
            let found = line_length(window);
            let length = found.unwrap_or(window.len());
            self.input.consume(length);
            if found.is_some() || !self.input.refill()? {
                return Ok(());
            }
        }
    }
}

impl Framing for Lines {
    const FAMILY: Family = Family::Lines;
    const TOGETHER: bool = false;

    #[inline]
    fn next(&mut self, _: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error> {
        let (length, capture_ts, frame) = loop {
            let Some(length) = self.line(counts)? else { return Ok(Event::End) };
            let line = self.input.window().get(..length).unwrap_or_default();
            match if self.bare { Line::bare(line) } else { Line::of(line) } {
                Line::Frame(capture_ts, frame) => break (length, capture_ts, frame),
                Line::Empty => {}
                Line::NotReceived => counts.skipped(Skipped::NotReceived),
                Line::Odd => counts.malformed(Malformed::Line),
            }
            self.searched = 0;
            self.input.consume(length);
        };
        let Some(sequence) = &mut self.sequence else {
            self.sequence = Some(0);
            counts.sessions += 1;
            return Ok(Event::SessionStart);
        };
        *sequence += 1;
        let sequence = *sequence;
        self.searched = 0;
        counts.bytes += length as u64;
        let bytes = self.input.take(length).get(frame).unwrap_or_default();
        Ok(Event::Message { sequence, capture_ts, bytes })
    }

    #[inline(always)]
    fn ahead(&mut self) -> Option<&[u8]> {
        None
    }

    #[inline(always)]
    fn at_hand(&self) -> usize {
        0
    }

    fn rewind(&mut self) -> Result<(), Error> {
        (self.sequence, self.searched) = (None, 0);
        self.input.rewind()
    }

    framing_of_input!();
}

impl Container for Lines {
    const NAME: &'static str = "lines";
    const LOOKED_FOR: &'static str = "lines of frames (Binance, Coinbase) or of a LOBSTER table";

    /// Most of the lines that say anything must be those of one venue. The last line of a sample may
    /// be cut.
    fn recognise(sample: &[u8], more: bool, _: Option<Venue>) -> Option<Claim> {
        let mut found = [0; 3];
        let (mut all, mut rest) = (0, sample);
        while !rest.is_empty() && all < LINES {
            let length = line_length(rest);
            let (line, behind) = rest.split_at(length.unwrap_or(rest.len()));
            rest = behind;
            let cut = length.is_none() && more;
            all += 1;
            match Line::of(line) {
                Line::Frame(_, frame) => {
                    let frame = &line[frame];
                    found[0] += usize::from(Binance::claims(frame));
                    found[1] += usize::from(Coinbase::claims(frame));
                }
                Line::Odd if lobster::table(line).is_some() => found[2] += 1,
                Line::Odd if !cut => {}
                Line::Odd | Line::Empty | Line::NotReceived => all -= 1,
            }
        }
        let venues = [
            (Venue::Binance, "frames"),
            (Venue::Coinbase, "frames"),
            (Venue::Lobster, "rows of LOBSTER's"),
        ];
        let claims = found.into_iter().zip(venues).find(|(count, _)| count * 2 > all);
        claims.map(|(_, (venue, evidence))| Claim { venue, evidence: evidence.to_owned() })
    }

    fn open(mut input: Input, venue: Venue) -> Result<Lines, Error> {
        let bare = venue == Venue::Lobster;
        // It has been looked at: this waits for nothing.
        input.fill(1)?;
        let window = input.window();
        let first = &window[..line_length(window).unwrap_or(window.len())];
        if bare && lobster::table(first) == Some(Table::OrderBook) {
            return Err(Error::OrderBook { path: input.path().to_owned() });
        }
        Ok(Lines { input, bare, sequence: None, searched: 0 })
    }
}
