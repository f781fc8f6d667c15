//! The lines of a session: how far each is, and which of them may still bring what is missing.

use super::race::{Account, Race};
use super::{Came, FIRST, Header, LineId, UNSEQUENCED};

/// How long what is missing is waited for, in ns of capture time, and how long a line may be silent
/// and count as alive while others speak: lines of one feed are micro- to milliseconds apart.
pub const PATIENCE_NS: u64 = 100_000_000;

/// Lines remembered for each session: A, B and the answers of re-request servers.
pub(super) const LINES_MAX: usize = 16;

/// Which run of a session's numbers a datagram belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Era {
    /// The one at hand.
    Same,
    /// The one before a reset that another line brought first.
    Before,
    /// A new one, which begins with it.
    Anew,
    /// A new one, once what is kept of the old one is settled.
    Blocked,
}

/// In place, so that a session begins without an allocation.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    known: [Line; LINES_MAX],
    count: usize,
    /// How often the numbers began anew.
    epoch: u32,
    /// Time of the last datagram on any line; 0 where nothing says.
    heard: u64,
    /// Time of the first datagram after the last silence of all lines: before it none was due.
    since: u64,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    id: Option<LineId>,
    /// Number behind the highest that this line brought in its epoch.
    next: u64,
    epoch: u32,
    account: Account,
    /// Time of its last datagram; 0 where nothing says.
    heard: u64,
    /// Number of its last datagram.
    sequence: u64,
}

/// A place for a line.
const NO_LINE: Line =
    Line { id: None, next: UNSEQUENCED, epoch: 0, account: Account::NONE, heard: 0, sequence: 0 };

impl Default for Lines {
    fn default() -> Lines {
        Lines { known: [NO_LINE; LINES_MAX], count: 0, epoch: 0, heard: 0, since: 0 }
    }
}

impl Lines {
    /// Index of the line that a datagram came on, and whether there are others.
    #[inline]
    pub(super) fn line(&mut self, came: &Came, race: &mut Race, serial: u32) -> (usize, bool) {
        let known = self.known[..self.count].iter().position(|line| line.id == came.line);
        let index = known.unwrap_or_else(|| self.begin(came.line, race, serial));
        (index, self.count > 1)
    }

    /// A new line, which takes the place of the oldest where all are taken. It begins in the
    /// session's epoch.
    #[cold]
    fn begin(&mut self, id: Option<LineId>, race: &mut Race, serial: u32) -> usize {
        if let [first] = self.known[..self.count] {
            // Its last datagram may be the one whose copy begins this line.
            race.remember(serial, first.account, first.sequence..first.next, first.heard);
        }
        if self.count == LINES_MAX {
            self.known.rotate_left(1);
            self.count -= 1;
        }
        self.known[self.count] =
            Line { id, epoch: self.epoch, account: race.account(id), ..NO_LINE };
        self.count += 1;
        self.count - 1
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Moves a line on to the numbers of a datagram. Where that begins the session anew and is
    /// `blocked`, nothing moves.
    #[inline]
    pub(super) fn follow(&mut self, line: usize, header: &Header, blocked: bool) -> Era {
        let (sequence, next) = (header.sequence, header.next());
        let line = &mut self.known[line];
        let mut era = Era::Same;
        if sequence == FIRST && line.next > next {
            let anew = line.epoch == self.epoch;
            if anew && blocked {
                return Era::Blocked;
            }
            line.epoch += 1;
            line.next = next;
            if anew {
                self.epoch = line.epoch;
                era = Era::Anew;
            }
        }
        if line.epoch < self.epoch {
            if sequence >= line.next {
                line.next = next;
                return Era::Before;
            }
            line.epoch = self.epoch;
            line.next = next;
        }
        line.next = line.next.max(next);
        line.sequence = sequence;
        era
    }

    /// A line brings a datagram just now. Where its counters are.
    #[inline]
    pub(super) fn hear(&mut self, line: usize, ts: Option<u64>) -> Account {
        let ts = ts.unwrap_or(self.heard);
        if ts.saturating_sub(self.heard) > PATIENCE_NS {
            self.since = ts;
        }
        self.heard = self.heard.max(ts);
        let line = &mut self.known[line];
        line.heard = ts;
        line.account
    }

    /// Whether a line that is alive has not passed what is missing before this number.
    pub(super) fn may_bring_before(&self, sequence: u64) -> bool {
        self.known[..self.count].iter().any(|line| {
            let passed = line.epoch == self.epoch && line.next >= sequence;
            let silent = self.heard.saturating_sub(line.heard.max(self.since));
            !passed && silent <= PATIENCE_NS
        })
    }
}
