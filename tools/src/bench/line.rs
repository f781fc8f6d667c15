//! The limit: nothing between two cores but cache lines.
//!
//! Three bare ways that no product could do without, so that no ring can be much faster: one line
//! that is stored and polled ([`Line`]), many lines in a row that are stored one after the other
//! ([`Lines`]), and a line with a futex ([`Bell`]). A line is eight words: the first one is stored
//! last and says which message the others hold.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::Arc;

use rustix::thread::futex;
use rustix::time::Timespec;
use tickline::measure::{Message, Receiver, Sender};
use tickline_shared::memory::{Region, Shared};
use tickline_shared::prefetch::prefetch;
use tickline_shared::ring::reader::{AHEAD, STREAK};

/// Words of a line.
const WORDS: usize = 8;

/// Lines of the way there in [`Lines`]: 1 MiB, which the second cache of a server holds. With 64 KiB the
/// ends wait for each other on some processors, and a ring is faster than its limit.
const LINES: usize = 16_384;

/// Bytes of a region: the lines, the way back, the acknowledgement and the futex.
pub const REGION_BYTES: usize = (LINES + 8) * WORDS * 8;

/// Where something lies, in lines: each alone on its line and its neighbour, which some processors
/// fetch together.
mod at {
    use super::LINES;

    pub(super) const BACK: usize = LINES;
    pub(super) const ACKNOWLEDGED: usize = LINES + 2;
    pub(super) const FUTEX: usize = LINES + 4;
}

/// Direction of a [`Line`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the near end to the far one.
    There,
    /// From the far end to the near one.
    Back,
}

/// The memory of all bare ways.
#[derive(Clone)]
pub struct Board {
    words: Shared<[AtomicU64]>,
    futex: Shared<AtomicU32>,
}

impl Board {
    /// A board in a region of at least [`REGION_BYTES`] zeroes.
    pub fn of(region: &Arc<Region>) -> Board {
        let words = region.view_slice(0, REGION_BYTES / 8);
        Board { words, futex: region.view(at::FUTEX * WORDS * 8) }
    }

    #[inline(always)]
    fn lines(&self) -> &[[AtomicU64; WORDS]] {
        self.words.as_chunks().0
    }
}

/// Fills a line; its first word makes it the message's.
#[inline(always)]
fn fill(line: &[AtomicU64; WORDS], message: Message) {
    let words = message.words().into_iter().chain([0; 3]);
    for (word, value) in line[1..].iter().zip(words) {
        word.store(value, Ordering::Relaxed);
    }
    // Release: whoever sees the number sees the words.
    line[0].store(message.number + 1, Ordering::Release);
}

#[inline(always)]
fn copy(line: &[AtomicU64; WORDS]) -> Message {
    let word = |index: usize| line[index].load(Ordering::Relaxed);
    Message::of_words([word(1), word(2), word(3), word(4)])
}

/// One line, stored and polled. A message that is not polled in time is overwritten.
pub struct Line {
    board: Board,
    at: usize,
    /// The first word as last seen.
    seen: u64,
    /// Whether to poll with `pause`.
    pause: bool,
}

impl Line {
    /// One end of the line in a direction.
    pub fn new(board: &Board, direction: Direction, pause: bool) -> Line {
        let at = if direction == Direction::There { 0 } else { at::BACK };
        Line { board: board.clone(), at, seen: 0, pause }
    }
}

impl Sender for Line {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        fill(&self.board.lines()[self.at], message);
        true
    }
}

impl Receiver for Line {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        let line = &self.board.lines()[self.at];
        // Acquire: the words are those of the number, or later ones.
        let number = line[0].load(Ordering::Acquire);
        if number == self.seen {
            return None;
        }
        let message = copy(line);
        // Acquire: the words are not newer than the second look at the number.
        fence(Ordering::Acquire);
        self.seen = number;
        // Overwritten during the copy: lost, as the next number will show.
        (line[0].load(Ordering::Relaxed) == number && message.number + 1 == number)
            .then_some(message)
    }

    #[inline(always)]
    fn pause(&mut self) {
        if self.pause {
            std::hint::spin_loop();
        }
    }
}

/// Lines in a row, stored one by one: the least that a queue of lines can be. The receiver asks for
/// lines ahead of time as a reader of the ring does: a limit that waits for each in turn is none.
pub struct Lines {
    board: Board,
    next: u64,
    /// From this line on the receiver counts as behind, unless it finds nothing before.
    ahead_from: u64,
    /// The acknowledgement as last seen by the sender.
    acknowledged: u64,
    /// Whether to poll with `pause`.
    pause: bool,
}

impl Lines {
    /// One end.
    pub fn new(board: &Board, pause: bool) -> Lines {
        Lines { board: board.clone(), next: 0, ahead_from: STREAK, acknowledged: 0, pause }
    }
}

impl Sender for Lines {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        if self.next - self.acknowledged == LINES as u64 {
            // Acquire: the receiver's loads from the lines are done.
            self.acknowledged = self.board.lines()[at::ACKNOWLEDGED][0].load(Ordering::Acquire);
            if self.next - self.acknowledged == LINES as u64 {
                return false;
            }
        }
        fill(&self.board.lines()[self.next as usize % LINES], message);
        self.next += 1;
        true
    }
}

impl Receiver for Lines {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        let line = &self.board.lines()[self.next as usize % LINES];
        // Acquire: the words are those of the number.
        if line[0].load(Ordering::Acquire) != self.next + 1 {
            self.ahead_from = self.next + STREAK;
            return None;
        }
        let message = copy(line);
        if self.next >= self.ahead_from {
            prefetch(&self.board.lines()[(self.next + AHEAD) as usize % LINES]);
        }
        self.next += 1;
        if self.next.is_multiple_of(LINES as u64 / 8) {
            // Release: after the loads above.
            self.board.lines()[at::ACKNOWLEDGED][0].store(self.next, Ordering::Release);
        }
        Some(message)
    }

    #[inline(always)]
    fn pause(&mut self) {
        if self.pause {
            std::hint::spin_loop();
        }
    }
}

/// One line, and a futex on which the receiver sleeps.
pub struct Bell {
    line: Line,
}

impl Bell {
    /// One end.
    pub fn new(board: &Board) -> Bell {
        Bell { line: Line::new(board, Direction::There, false) }
    }
}

impl Sender for Bell {
    fn send(&mut self, message: Message) -> bool {
        self.line.send(message);
        let word = &self.line.board.futex;
        // Relaxed: the system call orders it.
        word.store(message.number as u32 + 1, Ordering::Relaxed);
        let _ = futex::wake(word, futex::Flags::empty(), u32::MAX);
        true
    }
}

impl Receiver for Bell {
    fn receive(&mut self) -> Option<Message> {
        self.line.receive()
    }

    fn pause(&mut self) {
        let timeout = Timespec { tv_sec: 1, tv_nsec: 0 };
        let word = &self.line.board.futex;
        let _ = futex::wait(word, futex::Flags::empty(), self.line.seen as u32, Some(&timeout));
    }
}
