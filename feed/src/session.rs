//! Sequence numbers: what is new, what is missing, what was seen before.
//!
//! [`Sessions`] looks at the header of every datagram and says what it brings: an [`Admission`].
//! The rules:
//!
//! - The first number seen of a session is no gap: the capture began late.
//! - Numbers above the expected one are a gap, those below it duplicates; a datagram may lie on
//!   both sides of it. A heartbeat names the number that comes next, so it can show a gap too.
//! - Number 0 means unsequenced: such messages are always new.
//! - A line that falls back to number 1 in the same session was reset: its messages are new. A
//!   repetition of the very datagram that the line sent last is none.
//! - Lines A and B carry the same numbers. A reset on one is expected on the other, and what the
//!   other still brings of before counts as seen.

use crate::counts::Counts;

mod header;

pub use header::{Carries, Header, LineId, Numbers, SessionId};

/// The number of a session's first message (MoldUDP64 1.00; IEX-TP 1.25).
const FIRST: u64 = 1;

/// A number that stands for none.
const UNSEQUENCED: u64 = 0;

/// Sessions remembered: a venue begins one a day, a capture may hold several channels.
const KNOWN_MAX: usize = 64;

/// Lines remembered for each session: A, B and the answers of re-request servers.
const LINES_MAX: usize = 16;

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

/// All sessions of a run. Survives the end of a file: the next one may continue it.
#[derive(Clone, Debug)]
pub struct Sessions {
    known: Vec<Session>,
    /// Index of the session of the last datagram.
    current: usize,
}

#[derive(Clone, Debug)]
struct Session {
    id: SessionId,
    /// Number of the next new message, or datagram; `None` before the first.
    expected: Option<u64>,
    /// Messages delivered of the datagram with that number, which broke off behind them.
    partly: u16,
    /// How often the numbers began anew.
    epoch: u32,
    ended: bool,
    lines: Lines,
}

/// In place, so that a session begins without an allocation.
#[derive(Clone, Debug)]
struct Lines {
    known: [Line; LINES_MAX],
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    id: Option<LineId>,
    /// Number behind the highest that this line brought in its epoch.
    next: u64,
    epoch: u32,
}

/// A place for a line.
const NO_LINE: Line = Line { id: None, next: UNSEQUENCED, epoch: 0 };

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
        Sessions { known: Vec::with_capacity(KNOWN_MAX), current: 0 }
    }
}

impl Sessions {
    /// Whether a datagram of this session was admitted before.
    #[inline]
    pub fn knows(&self, id: SessionId) -> bool {
        self.find(id).is_some()
    }

    /// Says what a datagram brings, and counts it. `line` is where it was sent to.
    #[inline]
    pub fn admit(
        &mut self,
        line: Option<LineId>,
        header: &Header,
        counts: &mut Counts,
    ) -> Admission {
        let mut admission = Admission::default();
        self.current = self.find(header.session).unwrap_or_else(|| {
            admission.starts = true;
            counts.sessions += 1;
            self.begin(header.session)
        });
        let session = &mut self.known[self.current];
        match header.carries {
            Carries::Messages(_) => {}
            Carries::Heartbeat => counts.heartbeats += 1,
            Carries::EndOfSession => {
                counts.ends_of_session += 1;
                admission.ends = !session.ended;
            }
        }
        if header.sequence != UNSEQUENCED {
            session.place(line, header, &mut admission, counts);
        }
        session.ended = match header.carries {
            Carries::EndOfSession => true,
            Carries::Messages(_) | Carries::Heartbeat => session.ended && !admission.starts,
        };
        admission
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

    /// Forgets everything: what comes next begins a session.
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
            epoch: 0,
            ended: false,
            lines: Lines { known: [NO_LINE; LINES_MAX], count: 0 },
        };
        self.known.push(session);
        self.known.len() - 1
    }
}

impl Session {
    /// Compares the numbers of a datagram with the expected one.
    #[inline]
    fn place(
        &mut self,
        id: Option<LineId>,
        header: &Header,
        admission: &mut Admission,
        counts: &mut Counts,
    ) {
        let (sequence, takes) = (header.sequence, header.takes());
        let next = sequence.saturating_add(takes.into());
        let line = self.lines.line(id, self.epoch);
        if sequence == FIRST && line.next > next {
            line.epoch += 1;
            line.next = next;
            if line.epoch > self.epoch {
                self.epoch = line.epoch;
                (self.expected, self.partly) = (Some(FIRST), 0);
                admission.starts = true;
                counts.sessions += 1;
            }
        }
        if line.epoch < self.epoch {
            if sequence >= line.next {
                // Still the numbers of before a reset that another line brought first.
                line.next = next;
                admission.skip = header.messages();
                counts.duplicates += u64::from(admission.skip);
                return;
            }
            line.epoch = self.epoch;
            line.next = next;
        }
        line.next = line.next.max(next);

        let expected = self.expected.unwrap_or(sequence);
        if sequence > expected {
            let gap = Gap { first: expected, count: sequence - expected };
            counts.gaps += 1;
            // Saturates: numbers may be wrong by any amount.
            counts.gap_messages = counts.gap_messages.saturating_add(gap.count);
            admission.gap = Some(gap);
        }
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

    /// How many messages of a datagram that takes a new number were delivered out of one that broke
    /// off, where it is `the_same`.
    #[inline]
    fn rest(&mut self, the_same: bool, header: &Header) -> u16 {
        let delivered = std::mem::take(&mut self.partly);
        if the_same { delivered.min(header.messages()) } else { 0 }
    }
}

impl Lines {
    /// The line of this address, which takes the place of the oldest where all are taken. One that is
    /// new begins in the session's epoch.
    #[inline]
    fn line(&mut self, id: Option<LineId>, epoch: u32) -> &mut Line {
        let known = self.known[..self.count].iter().position(|line| line.id == id);
        let index = known.unwrap_or_else(|| {
            if self.count == LINES_MAX {
                self.known.rotate_left(1);
                self.count -= 1;
            }
            self.known[self.count] = Line { id, next: UNSEQUENCED, epoch };
            self.count += 1;
            self.count - 1
        });
        &mut self.known[index]
    }
}

#[cfg(test)]
mod tests;
