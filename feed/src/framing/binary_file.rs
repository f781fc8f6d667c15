//! Nasdaq's BinaryFILE: `[u16 length, big-endian][message]`, again and again; length 0 ends a
//! session.
//!
//! Two kinds of zeros are told apart. Behind the mark that ends a session come the next length, whose
//! high byte is 0 (no venue's message has 256 bytes), more zeros, or nothing. In a file whose
//! prefixes were never filled in, a zero length is followed by the type of a message: such a
//! message is cut by the length of its type, and the framing's notes say so.

use tickline_shared::prefetch::prefetch;

use super::{AHEAD, Claim, Container, Event, Framing};
use crate::counts::Counts;
use crate::session::Sessions;
use crate::source::{Error, Input};
use crate::venue::{Family, Venue};

/// Bytes of a length prefix.
const PREFIX: usize = 2;

/// Bytes between the message shown ahead and those that are asked for from memory.
const FAR_AHEAD: usize = 1024;

/// Messages of a BinaryFILE, numbered from 1.
#[derive(Debug)]
pub struct BinaryFile {
    input: Input,
    /// Knows the lengths of types, where prefixes do not.
    venue: Venue,
    /// Number of the next message; 0 between sessions.
    sequence: u64,
    zero_prefixes: bool,
    /// From the cursor to the next message to be shown ahead: bytes, and messages.
    ahead: (usize, u32),
}

/// The message whose prefix these bytes begin with, where all of it is there.
#[inline(always)]
fn message(bytes: &[u8]) -> Option<&[u8]> {
    let (prefix, behind) = bytes.split_first_chunk::<PREFIX>()?;
    behind.get(..u16::from_be_bytes(*prefix).into()).filter(|message| !message.is_empty())
}

/// What stands at the cursor where no complete message with its length does.
enum Other {
    /// The window is longer now: look again.
    Refilled,
    /// A message of this many bytes behind a prefix of zero.
    Unprefixed(usize),
    EndOfSession,
    End,
}

impl BinaryFile {
    /// Reads from the input's cursor on.
    pub fn new(input: Input, venue: Venue) -> BinaryFile {
        BinaryFile { input, venue, sequence: 0, zero_prefixes: false, ahead: (0, 0) }
    }

    /// Bytes of the message at the cursor, prefix included, where all of it is in the window.
    #[inline(always)]
    fn complete(&self) -> Option<usize> {
        message(self.input.window()).map(|message| PREFIX + message.len())
    }

    /// Lends so many bytes as a message, prefix included.
    #[inline(always)]
    fn lend(&mut self, length: usize, counts: &mut Counts) -> Event<'_> {
        counts.bytes += length as u64;
        let sequence = self.sequence;
        self.sequence += 1;
        self.ahead = match self.ahead {
            (bytes, messages @ 1..) => (bytes - length, messages - 1),
            _ => (0, 0),
        };
        let bytes = self.input.take(length).get(PREFIX..).unwrap_or_default();
        Event::Message { sequence, capture_ts: None, bytes }
    }

    /// What comes next where that is no message in the midst of a window and of a session.
    #[cold]
    fn begin(&mut self, counts: &mut Counts) -> Result<Event<'_>, Error> {
        let length = loop {
            if let Some(length) = self.complete() {
                break length;
            }
            match self.other(counts)? {
                Other::Refilled => {}
                Other::Unprefixed(length) => break length,
                Other::EndOfSession if self.sequence == 0 => {}
                Other::EndOfSession => {
                    self.sequence = 0;
                    counts.ends_of_session += 1;
                    return Ok(Event::EndOfSession);
                }
                Other::End => return Ok(Event::End),
            }
        };
        if self.sequence == 0 {
            self.sequence = 1;
            counts.sessions += 1;
            return Ok(Event::SessionStart);
        }
        Ok(self.lend(length, counts))
    }

    #[cold]
    fn other(&mut self, counts: &mut Counts) -> Result<Other, Error> {
        let window = self.input.window();
        let length = window.first_chunk().map(|prefix| usize::from(u16::from_be_bytes(*prefix)));
        if length == Some(0) {
            if !self.input.fill(PREFIX + 1)? {
                self.input.consume(PREFIX);
                return Ok(Other::EndOfSession);
            }
            // The byte behind the prefix: a type, or the high byte of the next length.
            let kind = self.input.window().get(PREFIX).copied().unwrap_or_default();
            let Some(length) = self.venue.length(kind) else {
                self.input.consume(PREFIX);
                return Ok(Other::EndOfSession);
            };
            if self.input.fill(PREFIX + length)? {
                self.zero_prefixes = true;
                return Ok(Other::Unprefixed(PREFIX + length));
            }
        } else if self.input.refill()? {
            return Ok(Other::Refilled);
        }
        // The file is at its end, and the rest of it is no message.
        let rest = self.input.window().len();
        counts.truncated |= rest > 0;
        self.input.consume(rest);
        Ok(Other::End)
    }
}

impl Framing for BinaryFile {
    const FAMILY: Family = Family::Itch;
    const TOGETHER: bool = false;

    #[inline(always)]
    fn next(&mut self, _: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error> {
        match self.complete() {
            Some(length) if self.sequence > 0 => Ok(self.lend(length, counts)),
            _ => self.begin(counts),
        }
    }

    #[inline(always)]
    fn ahead(&mut self) -> Option<&[u8]> {
        let (at, messages) = self.ahead;
        if messages >= AHEAD {
            return None;
        }
        let rest = self.input.window().get(at..)?;
        // The file itself comes from memory too, and is read in order.
        if let Some(far) = rest.get(FAR_AHEAD) {
            prefetch(far);
        }
        let message = message(rest)?;
        self.ahead = (at + PREFIX + message.len(), messages + 1);
        Some(message)
    }

    #[inline(always)]
    fn at_hand(&self) -> usize {
        self.ahead.1 as usize
    }

    fn rewind(&mut self) -> Result<(), Error> {
        (self.sequence, self.ahead) = (0, (0, 0));
        self.input.rewind()
    }

    fn notes(&self) -> Vec<String> {
        let what = "every length prefix is 0: messages were cut by the length of their type";
        Vec::from_iter(self.zero_prefixes.then(|| what.to_owned()))
    }

    framing_of_input!();
}

/// Messages of the sample that have to make sense.
const MESSAGES: usize = 64;

/// By how many bytes a venue may have lengthened its messages.
const LONGER_MAX: usize = 64;

impl Container for BinaryFile {
    const NAME: &'static str = "binaryfile";
    const LOOKED_FOR: &'static str = "BinaryFILE";

    fn recognise(sample: &[u8], more: bool, asked: Option<Venue>) -> Option<Claim> {
        let fits = |venue: &Venue| prefixed(sample, more, *venue) || unprefixed(sample, *venue);
        let venue = Venue::of_family(Family::Itch, asked).find(fits)?;
        Some(Claim { venue, evidence: "types and lengths of its messages".to_owned() })
    }

    fn open(input: Input, venue: Venue) -> Result<BinaryFile, Error> {
        Ok(BinaryFile::new(input, venue))
    }
}

/// BinaryFILE as it should be.
fn prefixed(sample: &[u8], more: bool, venue: Venue) -> bool {
    let (mut known, mut all) = (0, 0);
    let mut rest = sample;
    while let Some((prefix, behind)) = rest.split_first_chunk()
        && let length @ 1.. = usize::from(u16::from_be_bytes(*prefix))
        && let Some(&kind) = behind.first()
        && all < MESSAGES
    {
        let fits =
            venue.length(kind).is_some_and(|least| (least..=least + LONGER_MAX).contains(&length));
        // The sample may end within a message.
        (known, all) = (known + usize::from(fits), all + 1);
        let Some(next) = behind.get(length..) else { break };
        rest = next;
    }
    // Two bytes of zero are a session that ended before it began.
    known * 2 > all || (sample == [0, 0] && !more)
}

/// BinaryFILE whose prefixes are all zero.
fn unprefixed(sample: &[u8], venue: Venue) -> bool {
    let mut rest = sample;
    for message in 0..MESSAGES {
        let Some(([0, 0], behind)) = rest.split_first_chunk() else {
            return message > 0 && rest.len() < 2;
        };
        let Some(length) = behind.first().and_then(|&kind| venue.length(kind)) else {
            return message > 0 && behind.is_empty();
        };
        let Some(next) = behind.get(length..) else { break };
        rest = next;
    }
    true
}
