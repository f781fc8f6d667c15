//! Sequence numbers: what is new, what is missing, what was seen before.
//!
//! [`Sessions`] looks at the header of every datagram and gives a [`Verdict`]. The rules:
//!
//! - The first number seen of a session is no gap: the capture began late.
//! - Numbers above the expected one are a gap, those below it duplicates; a datagram may lie on
//!   both sides of it. A heartbeat names the number that comes next, so it can show a gap too.
//! - Number 0 means unsequenced: such messages are always new.
//! - A line that falls back to number 1 in the same session was reset: its messages are new. A
//!   repetition of the very datagram that the line sent last is none.
//! - Lines A and B carry the same numbers. A reset on one is expected on the other, and what the
//!   other still brings of before counts as seen.
//! - What one line lost, another may still bring: a datagram behind a gap waits while a line of its
//!   session that is alive has not passed the missing numbers. With one line nothing waits.

use tickline_shared::summary::LineSummary;

use crate::counts::Counts;

mod header;

mod lines;

mod race;

pub use header::{Carries, Header, LineId, Numbers, SessionId};
pub use lines::PATIENCE_NS;

use lines::{Era, Lines};
use race::Race;

/// The number of a session's first message (MoldUDP64 1.00; IEX-TP 1.25).
const FIRST: u64 = 1;

/// A number that stands for none.
const UNSEQUENCED: u64 = 0;

/// Sessions remembered: a venue begins one a day, a capture may hold several channels.
const KNOWN_MAX: usize = 64;

/// Missing sequence numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first that is missing.
    pub first: u64,
    /// How many are.
    pub count: u64,
}

/// What a datagram brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Admission {
    /// A session begins with it.
    pub starts: bool,
    /// What is missing before it.
    pub gap: Option<Gap>,
    /// How many of its messages were seen before; they are its first.
    pub skip: u16,
    /// The session ends, and that was not known.
    pub ends: bool,
}

/// How a datagram came to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Came {
    /// Where it was sent to.
    pub line: Option<LineId>,
    /// When, in nanoseconds since the Unix epoch; `None` where nothing says.
    pub ts: Option<u64>,
    /// Whether it could be kept for a while.
    pub keepable: bool,
}

/// What is to be done with a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is its turn.
    Now(Admission),
    /// Another line may still bring what is missing before it: keep it until [`Sessions::due`], then
    /// [`Sessions::settle`].
    Ahead,
    /// Its session begins anew, and datagrams of before are kept: settle those, and ask again.
    Anew,
}

/// All sessions of a run. Survives the end of a file: the next one may continue it.
#[derive(Clone, Debug)]
pub struct Sessions {
    known: Vec<Session>,
    /// Index of the session of the last datagram.
    current: usize,
    race: Race,
}

#[derive(Clone, Debug)]
struct Session {
    id: SessionId,
    /// Number of the next new message, or datagram; `None` before the first.
    expected: Option<u64>,
    /// Messages delivered of the datagram with that number, which broke off behind them.
    partly: u16,
    ended: bool,
    /// Datagrams that wait for what is missing before them.
    kept: usize,
    /// Tells its numbers from those of other sessions, and of before a reset.
    serial: u32,
    lines: Lines,
}

impl Admission {
    /// Whether there is something to say before the messages.
    #[inline]
    pub fn speaks(&self) -> bool {
        self.starts || self.gap.is_some() || self.ends
    }
}

impl Default for Sessions {
    fn default() -> Sessions {
        // Room for all from the start: a session may begin while the feed is at work.
        Sessions { known: Vec::with_capacity(KNOWN_MAX), current: 0, race: Race::default() }
    }
}

impl Sessions {
    /// Whether a datagram of this session was admitted before.
    #[inline]
    pub fn knows(&self, id: SessionId) -> bool {
        self.find(id).is_some()
    }

    /// Judges a datagram that arrives. What it counts is counted once its turn comes.
    #[inline]
    pub fn admit(&mut self, came: &Came, header: &Header, counts: &mut Counts) -> Verdict {
        let mut admission = Admission::default();
        self.current = self.find(header.session).unwrap_or_else(|| {
            admission.starts = true;
            counts.sessions += 1;
            self.begin(header.session)
        });
        let session = &mut self.known[self.current];
        let (line, others) = session.lines.line(came, &mut self.race, session.serial);
        let account = session.lines.hear(line, came.ts);
        if header.sequence != UNSEQUENCED {
            match session.lines.follow(line, header, session.kept > 0) {
                Era::Same => {}
                Era::Before => {
                    self.race.packet(account);
                    admission.skip = header.messages();
                    counts.duplicates += u64::from(admission.skip);
                    session.say(header, &mut admission, counts);
                    return Verdict::Now(admission);
                }
                Era::Blocked => return Verdict::Anew,
                Era::Anew => {
                    admission.starts = true;
                    counts.sessions += 1;
                    session.serial = self.race.serial();
                    (session.expected, session.partly) = (Some(FIRST), 0);
                }
            }
            let expected = session.expected.unwrap_or(header.sequence);
            if !others {
                self.race.alone(account, header.sequence.max(expected)..header.next());
            } else {
                let numbers = header.sequence..header.next();
                self.race.between(session.serial, account, numbers, expected, came.ts);
                if header.sequence > expected && session.waits(came, header) {
                    self.race.packet(account);
                    session.kept += 1;
                    return Verdict::Ahead;
                }
            }
        }
        self.race.packet(account);
        session.settle(header, &mut admission, counts);
        Verdict::Now(admission)
    }

    /// The session of the last datagram.
    #[inline]
    pub fn current(&self) -> Option<SessionId> {
        self.known.get(self.current).map(|session| session.id)
    }

    /// Whether the turn of a datagram that is kept has come: its number, the lowest of those that are
    /// kept, is the expected one, or nobody will bring what is missing before it.
    pub fn due(&self, id: SessionId, sequence: u64) -> bool {
        let session = self.find(id).map(|index| &self.known[index]);
        session.is_none_or(|session| {
            session.expected.is_none_or(|expected| sequence <= expected)
                || !session.lines.may_bring_before(sequence)
        })
    }

    /// Says what a datagram that was kept brings, and counts it.
    #[cold]
    pub fn settle(&mut self, header: &Header, counts: &mut Counts) -> Admission {
        let mut admission = Admission::default();
        self.current = self.find(header.session).unwrap_or_else(|| {
            admission.starts = true;
            counts.sessions += 1;
            self.begin(header.session)
        });
        let session = &mut self.known[self.current];
        session.kept = session.kept.saturating_sub(1);
        session.settle(header, &mut admission, counts);
        admission
    }

    /// Nothing that is kept of a session waits for its turn any more.
    #[cold]
    pub fn nothing_waits(&mut self, id: SessionId) {
        if let Some(index) = self.find(id) {
            self.known[index].kept = 0;
        }
    }

    /// The messages of the last datagram from this number on were not in it: they are expected. Of a
    /// number that stands for a whole datagram, all but the first `delivered` are.
    #[cold]
    pub fn missing_from(&mut self, sequence: u64, delivered: u16) {
        if let Some(session) = self.known.get_mut(self.current)
            && let Some(expected) = session.expected
            && sequence != UNSEQUENCED
            && sequence < expected
        {
            (session.expected, session.partly) = (Some(sequence), delivered);
        }
    }

    /// Touches the memory for what lines bring, so that no datagram pays for it.
    pub fn touched(mut self) -> Sessions {
        self.race.touch();
        self
    }

    /// What each line brought, in the order in which they appeared.
    pub fn lines(&self) -> Vec<LineSummary> {
        self.race.lines()
    }

    /// Forgets the sessions: what comes next begins one. What lines brought goes on counting.
    pub fn restart(&mut self) {
        self.known.clear();
    }

    #[inline]
    fn find(&self, id: SessionId) -> Option<usize> {
        match self.known.get(self.current) {
            Some(session) if session.id == id => Some(self.current),
            _ => self.known.iter().position(|session| session.id == id),
        }
    }

    #[cold]
    fn begin(&mut self, id: SessionId) -> usize {
        if self.known.len() == KNOWN_MAX {
            self.known.remove(0);
        }
        let session = Session {
            id,
            expected: None,
            partly: 0,
            ended: false,
            kept: 0,
            serial: self.race.serial(),
            lines: Lines::default(),
        };
        self.known.push(session);
        self.known.len() - 1
    }
}

impl Session {
    /// Whether a datagram has to wait behind a gap: others do, or a line may still close it.
    #[cold]
    fn waits(&self, came: &Came, header: &Header) -> bool {
        self.kept > 0 || came.keepable && self.lines.may_bring_before(header.sequence)
    }

    /// Compares the numbers of a datagram whose turn it is with the expected one.
    #[inline]
    fn settle(&mut self, header: &Header, admission: &mut Admission, counts: &mut Counts) {
        self.say(header, admission, counts);
        let (sequence, takes) = (header.sequence, header.takes());
        if sequence == UNSEQUENCED {
            return;
        }
        let expected = self.expected.unwrap_or(sequence);
        if sequence > expected {
            let gap = Gap { first: expected, count: sequence - expected };
            counts.gaps += 1;
            // Saturates: numbers may be wrong by any amount.
            counts.gap_messages = counts.gap_messages.saturating_add(gap.count);
            admission.gap = Some(gap);
        }
        let next = header.next();
        let seen = expected.saturating_sub(sequence).min(takes.into()) as u16;
        admission.skip = match header.numbers {
            Numbers::Messages => seen,
            Numbers::Datagrams if seen > 0 => header.messages(),
            Numbers::Datagrams if next > expected => self.rest(sequence == expected, header),
            Numbers::Datagrams => 0,
        };
        counts.duplicates += u64::from(admission.skip);
        self.expected = Some(expected.max(next));
    }

    /// What a datagram says beside its messages.
    #[inline]
    fn say(&mut self, header: &Header, admission: &mut Admission, counts: &mut Counts) {
        match header.carries {
            Carries::Messages(_) => self.ended &= !admission.starts,
            Carries::Heartbeat => {
                counts.heartbeats += 1;
                self.ended &= !admission.starts;
            }
            Carries::EndOfSession => {
                counts.ends_of_session += 1;
                admission.ends = !self.ended;
                self.ended = true;
            }
        }
    }

    /// How many messages of a datagram that takes a new number were delivered out of one that broke
    /// off, where it is `the_same`.
    #[inline]
    fn rest(&mut self, the_same: bool, header: &Header) -> u16 {
        let delivered = std::mem::take(&mut self.partly);
        if the_same { delivered.min(header.messages()) } else { 0 }
    }
}

#[cfg(test)]
mod tests;
