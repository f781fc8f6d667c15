//! Datagrams that carry numbered messages: the part that is the same for every such protocol and
//! for every place that datagrams come from.

use std::ops::Range;
use std::path::Path;

use super::{AHEAD, Claim, Event, Framing};
use crate::counts::{Counts, Malformed, Skipped};
use crate::session::{
    Admission, Came, Carries, Header, LineId, Numbers, SessionId, Sessions, Verdict,
};
use crate::source::{Error, Progress};
use crate::venue::{Family, Venue};

mod arbitration;

mod window;

use window::Window;

/// A protocol that carries numbered messages in datagrams.
pub trait Transport {
    /// The name in reports.
    const NAME: &'static str;

    /// Whose messages it carries.
    const FAMILY: Family;

    /// Whether [`Transport::session`] looks at the line.
    const BY_LINE: bool = false;

    /// The protocol as this venue uses it.
    fn of(venue: Venue) -> Self;

    /// Whether a datagram is one of this protocol, and whose messages it carries. `asked` is the
    /// venue to prefer where several are possible.
    fn claim(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<Claim>;

    /// Reads the header; returns it and where the messages start. `None` where the payload is too
    /// short for one.
    fn open(payload: &[u8]) -> Option<(Header, usize)>;

    /// The session of a datagram with this header that was sent to `line`. It is the header's, but
    /// where a channel is known by its addresses alone: such a protocol names the session here, with
    /// the same name for lines A and B of a channel and other names for other channels.
    #[inline]
    fn session(&self, header: &Header, line: Option<LineId>) -> SessionId {
        let _ = line;
        header.session
    }

    /// Where in the payload the message lies whose length prefix is at `at`; the next prefix is
    /// where it ends. `None` where it does not fit.
    fn cut(payload: &[u8], at: usize) -> Option<Range<usize>>;

    /// Whether a datagram of a session never seen before is one of this protocol. Other traffic
    /// must not begin sessions. `whole` is false where the capture lacks the datagram's end.
    fn begins(&self, payload: &[u8], whole: bool) -> bool;
}

/// Where datagrams come from.
pub trait Source {
    /// Moves on to the next datagram; `None` at the end. Counts what it passes over.
    fn advance(&mut self, counts: &mut Counts) -> Result<Option<Arrival>, Error>;

    /// The payload of the current datagram.
    fn payload(&self) -> &[u8];

    /// The path of the input.
    fn path(&self) -> &Path;

    /// Back to the first datagram.
    fn rewind(&mut self) -> Result<(), Error>;

    /// Offset in the unpacked file of the current datagram's record.
    fn offset(&self) -> u64;

    /// How much of the file on disk has been read.
    fn progress(&self) -> Progress;

    /// Returns once the start of the input is in memory.
    fn wait_ready(&self);
}

/// How a datagram came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Nanoseconds since the Unix epoch.
    pub capture_ts: Option<u64>,
    /// Where it was sent to: lines A and B differ in it.
    pub line: Option<LineId>,
    /// False where the capture holds only the datagram's beginning.
    pub whole: bool,
}

/// Messages of protocol `T` out of the datagrams of `S`.
#[derive(Debug)]
pub struct Datagrams<S, T> {
    source: S,
    current: Current,
    /// What the current datagram says before its messages.
    pending: Admission,
    heartbeat: bool,
    transport: T,
    /// Datagrams that came before their turn.
    window: Window,
    /// Lines, each with the one of its channel that stands for it.
    joined: Vec<(LineId, LineId)>,
    /// The source's datagram, where others go before it.
    deferred: Option<Arrival>,
}

/// How far the current datagram is read.
#[derive(Debug, Default)]
struct Current {
    /// Offset in the payload of the next message's length prefix.
    at: usize,
    /// Offset in the payload of the length prefix of the next message to be shown ahead.
    ahead_at: usize,
    /// Messages shown ahead and not yet lent.
    ahead: u16,
    /// Messages that can be lent out of the source.
    left: u16,
    /// Messages that can be lent once everything pending has been said.
    held: u16,
    /// Number of the next message, or of the datagram where those are numbered; 0 for unsequenced.
    sequence: u64,
    /// By how much the number of a message is above that of the one before: 1 or 0.
    step: u64,
    /// Messages of the datagram.
    count: u16,
    capture_ts: Option<u64>,
    whole: bool,
}

/// What comes next, but for the messages of the source's datagram.
enum Next {
    /// One of those.
    Ready,
    /// Something else.
    Event(Event<'static>),
    /// A message of a datagram that was kept: where in its payload it lies.
    Kept { sequence: u64, message: Range<usize> },
}

impl<S: Source, T: Transport> Datagrams<S, T> {
    /// Reads on where the source stands.
    pub fn new(source: S, transport: T) -> Datagrams<S, T> {
        Datagrams {
            source,
            current: Current::default(),
            pending: Admission::default(),
            heartbeat: false,
            transport,
            window: Window::default(),
            joined: Vec::new(),
            deferred: None,
        }
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The source, to change how it brings datagrams before it brings the first.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// Everything but the next message of the same datagram.
    #[inline(never)]
    fn between(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> Result<Next, Error> {
        loop {
            if std::mem::take(&mut self.pending.starts) {
                return Ok(Next::Event(Event::SessionStart));
            }
            if let Some(gap) = self.pending.gap.take() {
                return Ok(Next::Event(Event::Gap(gap)));
            }
            if std::mem::take(&mut self.heartbeat) {
                return Ok(Next::Event(Event::Heartbeat));
            }
            if std::mem::take(&mut self.pending.ends) {
                return Ok(Next::Event(Event::EndOfSession));
            }
            if self.window.is_idle() {
                if self.current.held > 0 {
                    self.current.left = std::mem::take(&mut self.current.held);
                    return Ok(Next::Ready);
                }
                let Some(arrival) = self.source.advance(counts)? else {
                    return Ok(Next::Event(Event::End));
                };
                self.admit(&arrival, sessions, counts);
            } else if let Some(next) = self.beside_window(sessions, counts)? {
                return Ok(next);
            }
        }
    }

    /// Looks at the header of a new datagram.
    #[inline]
    fn admit(&mut self, arrival: &Arrival, sessions: &mut Sessions, counts: &mut Counts) {
        let payload = self.source.payload();
        let Some((mut header, at)) = T::open(payload) else {
            return counts.malformed(Malformed::ShortHeader);
        };
        let line = if T::BY_LINE { self.stands_for(arrival.line) } else { arrival.line };
        header.session = self.transport.session(&header, line);
        if !sessions.knows(header.session) && !self.transport.begins(payload, arrival.whole) {
            return counts.skipped(Skipped::Foreign);
        }
        let keepable = Window::takes(payload);
        if !self.window.is_idle() && self.gives_way(arrival, &header, keepable, sessions, counts) {
            return;
        }
        let came = Came { line: arrival.line, ts: arrival.capture_ts, keepable };
        let verdict = sessions.admit(&came, &header, counts);
        if verdict == Verdict::Anew {
            return self.give_way(arrival, header.session, sessions, counts);
        }
        counts.packets += 1;
        counts.bytes += self.source.payload().len() as u64;
        counts.cut_packets += u64::from(!arrival.whole);
        if let Some(ts) = arrival.capture_ts {
            counts.at(ts);
        }
        match verdict {
            Verdict::Now(admission) => {
                self.begin(arrival, &header, at, admission);
                if admission.skip > 0 {
                    self.pass_over(admission.skip, sessions, counts);
                }
            }
            _ => self.window.keep(self.source.payload(), header, *arrival, at),
        }
    }

    /// Begins to read a datagram whose turn it is.
    #[inline]
    fn begin(&mut self, arrival: &Arrival, header: &Header, at: usize, admission: Admission) {
        if admission.speaks() {
            self.pending = admission;
        }
        self.heartbeat = header.carries == Carries::Heartbeat;
        let (skip, count) = (admission.skip, header.messages());
        let step = u64::from(header.sequence != 0 && header.numbers == Numbers::Messages);
        self.current = Current {
            at,
            ahead_at: at,
            ahead: 0,
            left: 0,
            held: count - skip,
            sequence: header.sequence.saturating_add(step * u64::from(skip)),
            step,
            count,
            capture_ts: arrival.capture_ts,
            whole: arrival.whole,
        };
    }

    /// Moves over the messages at the start of a datagram that were seen before.
    fn pass_over(&mut self, skip: u16, sessions: &mut Sessions, counts: &mut Counts) {
        // A datagram that brings nothing new is not looked into.
        if self.current.held == 0 {
            return;
        }
        let payload = self.window.opened().unwrap_or(self.source.payload());
        let end = (0..skip).try_fold(self.current.at, |at, _| Some(T::cut(payload, at)?.end));
        match end {
            Some(at) => (self.current.at, self.current.ahead_at) = (at, at),
            None => self.broken(sessions, counts),
        }
    }

    /// The next message of the datagram is not in it, nor are those after.
    #[cold]
    fn broken(&mut self, sessions: &mut Sessions, counts: &mut Counts) {
        let Current { sequence, step, count, .. } = self.current;
        let left = std::mem::take(&mut self.current.left) + std::mem::take(&mut self.current.held);
        sessions.missing_from(sequence, if step == 0 { count - left } else { 0 });
        if self.current.whole {
            counts.malformed(Malformed::MessagePastEnd);
        }
    }
}

impl<S: Source, T: Transport> Framing for Datagrams<S, T> {
    const FAMILY: Family = T::FAMILY;
    const TOGETHER: bool = true;

    #[inline]
    fn next(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error> {
        let message = loop {
            if self.current.left > 0 {
                if let Some(message) = T::cut(self.source.payload(), self.current.at) {
                    break message;
                }
                self.broken(sessions, counts);
            }
            match self.between(sessions, counts)? {
                Next::Ready => {}
                Next::Event(event) => return Ok(event),
                Next::Kept { sequence, message } => {
                    let bytes = self.window.opened().and_then(|payload| payload.get(message));
                    let (capture_ts, bytes) = (self.current.capture_ts, bytes.unwrap_or_default());
                    return Ok(Event::Message { sequence, capture_ts, bytes });
                }
            }
        };
        let current = &mut self.current;
        current.left -= 1;
        current.at = message.end;
        current.ahead_at = current.ahead_at.max(message.end);
        current.ahead = current.ahead.saturating_sub(1);
        let (sequence, capture_ts) = (current.sequence, current.capture_ts);
        current.sequence = sequence.saturating_add(current.step);
        let bytes = self.source.payload().get(message).unwrap_or_default();
        Ok(Event::Message { sequence, capture_ts, bytes })
    }

    /// Messages of the datagram at hand: they came together.
    #[inline(always)]
    fn ahead(&mut self) -> Option<&[u8]> {
        let current = &mut self.current;
        if current.ahead >= current.left.min(AHEAD as u16) {
            return None;
        }
        let payload = self.source.payload();
        let message = T::cut(payload, current.ahead_at)?;
        current.ahead_at = message.end;
        current.ahead += 1;
        payload.get(message)
    }

    #[inline(always)]
    fn at_hand(&self) -> usize {
        self.current.left.into()
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.current = Current::default();
        self.pending = Admission::default();
        self.heartbeat = false;
        self.deferred = None;
        self.window.clear();
        self.source.rewind()
    }

    fn touch(&mut self) {
        self.window.touch();
    }

    fn path(&self) -> &Path {
        self.source.path()
    }

    fn offset(&self) -> u64 {
        self.source.offset()
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }

    fn wait_ready(&self) {
        self.source.wait_ready();
    }
}
