//! Finding the blocks of a recording, whatever became of the file.
//!
//! Bytes in, values out: whoever reads shows a window of the file, and is told what begins there.

use std::fmt;

use super::block::{BlockHead, MARK};
use super::header::Header;

/// Walks from block to block.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// Where in the file the window begins.
    offset: u64,
    /// Number of the next block.
    block: u32,
    /// Number of the next record.
    record: u64,
    /// Bytes before the window that are no block.
    passed: u64,
}

/// What begins where the window does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// That cannot be said before the window is so long, or ends where the file does.
    More(usize),
    /// A block, whole and as it was written; the next window begins behind it.
    Block(BlockHead),
    /// Something else, or nothing: the next window begins so many bytes further on.
    Damage(Damage, usize),
    /// Nothing yet: the next window begins so many bytes further on.
    Pass(usize),
    /// The last of the file is no whole block.
    Tail(Tail),
    /// The file ends behind a block.
    End,
}

/// Bytes that are not what was written, or not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Number of the first block that is lost.
    pub block: u32,
    /// Where in the file.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Number of the first record that is lost.
    pub first: u64,
    /// How many are.
    pub records: u64,
    /// What is wrong.
    pub what: Wrong,
}

/// What is wrong with a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// The bytes before its body.
    Head,
    /// The checksum of its body.
    Checksum,
    /// Its body contradicts itself.
    Contents,
    /// It is not there.
    Missing,
}

/// What the file ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tail {
    /// Where in the file it begins.
    pub offset: u64,
    /// How many bytes are there.
    pub bytes: u64,
    /// How many bytes and records the block has; `None` where that was not written yet.
    pub block: Option<(u64, u64)>,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner { offset: Header::SIZE as u64, block: 0, record: 0, passed: 0 }
    }
}

impl Scanner {
    /// Number of the next record.
    pub fn record(&self) -> u64 {
        self.record
    }

    /// Says what begins at the window's first byte. `whole`: the file ends where the window does.
    pub fn look(&mut self, window: &[u8], whole: bool) -> Found {
        if window.len() < BlockHead::SIZE && !whole {
            return Found::More(BlockHead::SIZE);
        }
        match self.head(window) {
            Some(head) if self.passed > 0 || head.first > self.record => {
                let what = if self.passed > 0 { Wrong::Head } else { Wrong::Missing };
                self.lost_before(&head, what)
            }
            Some(head) if window.len() < head.block_bytes() => match whole {
                true => {
                    self.tail(window.len(), Some((head.block_bytes() as u64, head.count.into())))
                }
                false => Found::More(head.block_bytes()),
            },
            Some(head) => {
                let sound = head.vouches_for(&window[BlockHead::SIZE..head.block_bytes()]);
                let damage = self.damage(&head, Wrong::Checksum);
                self.block = head.number + 1;
                self.record = head.first + u64::from(head.count);
                self.offset += head.block_bytes() as u64;
                match sound {
                    true => Found::Block(head),
                    false => Found::Damage(damage, head.block_bytes()),
                }
            }
            None if window.is_empty() && self.passed == 0 => Found::End,
            None => self.pass(window, whole),
        }
    }

    /// The head of a block that may come now.
    fn head(&self, bytes: &[u8]) -> Option<BlockHead> {
        let in_order = |head: &BlockHead| {
            // Another one, and its last record, can be counted after it.
            let countable = head.number < u32::MAX && head.first <= u64::MAX - (1 << 32);
            head.number >= self.block && head.first >= self.record && countable
        };
        BlockHead::read(bytes).filter(in_order)
    }

    /// Bytes that are no block, up to the next one.
    #[cold]
    fn pass(&mut self, window: &[u8], whole: bool) -> Found {
        let marks = (1..window.len()).filter(|at| window[*at..].starts_with(&MARK));
        let mut heads = marks.filter(|at| self.head(&window[*at..]).is_some());
        // The last bytes may be the beginning of a head.
        let unclear = if whole { 0 } else { BlockHead::SIZE - 1 };
        let Some(bytes) = heads.next().or((!whole).then(|| window.len() - unclear)) else {
            return self.tail(window.len(), None);
        };
        self.passed += bytes as u64;
        self.offset += bytes as u64;
        Found::Pass(bytes)
    }

    /// What lies between the last block and the one that begins here.
    #[cold]
    fn lost_before(&mut self, head: &BlockHead, what: Wrong) -> Found {
        let passed = std::mem::take(&mut self.passed);
        let damage = Damage {
            block: self.block,
            offset: self.offset - passed,
            bytes: passed,
            first: self.record,
            records: head.first - self.record,
            what,
        };
        (self.block, self.record) = (head.number, head.first);
        Found::Damage(damage, 0)
    }

    /// The block at the window's first byte is worth nothing.
    fn damage(&self, head: &BlockHead, what: Wrong) -> Damage {
        let (block, offset, first) = (head.number, self.offset, head.first);
        let (bytes, records) = (head.block_bytes() as u64, head.count.into());
        Damage { block, offset, bytes, first, records, what }
    }

    fn tail(&self, bytes: usize, block: Option<(u64, u64)>) -> Found {
        let (offset, bytes) = (self.offset - self.passed, self.passed + bytes as u64);
        Found::Tail(Tail { offset, bytes, block })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { block, offset, bytes, first, records, what } = self;
        let what = match what {
            Wrong::Head => "is damaged (it does not begin as a block does)",
            Wrong::Checksum => "is damaged (its checksum is another one)",
            Wrong::Contents => "contradicts itself",
            Wrong::Missing => "is missing",
        };
        write!(f, "block {block} at byte {offset} {what}: {bytes} bytes, ")?;
        match records {
            0 => write!(f, "no record is lost"),
            1 => write!(f, "record {first} is lost"),
            _ => write!(f, "{records} records from record {first} on are lost"),
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tail { offset, bytes, block } = self;
        match block {
            Some((of, records)) => write!(
                f,
                "the last block of {of} bytes is incomplete: {bytes} bytes from byte {offset} on \
                 are there, its {records} records are lost"
            ),
            None => write!(
                f,
                "the last block is incomplete: of its head {bytes} bytes from byte {offset} on are \
                 there"
            ),
        }
    }
}
