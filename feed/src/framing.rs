//! From bytes to messages: how a file or a datagram is cut.
//!
//! A [`Framing`] owns its bytes and lends one message after another out of them. Everything that is
//! not a message (a gap, the end of a session) is an [`Event`] like it, so the loop that drives a
//! framing sees all of it in order and decides.

use std::path::Path;

use tickline_shared::instruments::Listing;
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::units::Symbol;

use crate::counts::Counts;
use crate::session::{Gap, Sessions};
use crate::source::{Error, Input, Progress};
use crate::venue::{Family, Venue};

/// The part of [`Framing`] that is the same for all files of messages: what their `input` says.
macro_rules! framing_of_input {
    () => {
        fn path(&self) -> &std::path::Path {
            self.input.path()
        }

        fn offset(&self) -> u64 {
            self.input.offset()
        }

        fn progress(&self) -> $crate::source::Progress {
            self.input.progress()
        }

        fn wait_ready(&self) {
            self.input.wait_ready();
        }
    };
}

pub mod binary_file;

pub mod lines;

pub mod capture;

pub mod damaged;

pub mod pcap;

pub mod pcapng;

pub mod link;

pub mod datagrams;

pub mod iex_tp;

pub mod mdp3;

pub mod mold_udp64;

pub mod dbn;
pub mod recording;

/// What comes next. Messages are lent: they lie where the file was mapped or unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// A message that was not seen before.
    Message {
        /// Its number in the session; 0 where the venue sent it unsequenced.
        sequence: u64,
        /// When it was captured, in nanoseconds since the Unix epoch; `None` where the file has no
        /// clock.
        capture_ts: Option<u64>,
        /// Its bytes, from the type on. What they mean is the venue's business.
        bytes: &'a [u8],
    },
    /// Messages are missing before the next one.
    Gap(Gap),
    /// A session begins: its numbers start anew.
    SessionStart,
    /// The venue said that the session is over.
    EndOfSession,
    /// The venue said that it is alive.
    Heartbeat,
    /// The input is at its end; asked again, it says so again.
    End,
}

/// Messages that [`Framing::ahead`] has shown at most before they are lent: three of the groups in which
/// an unpaced feed takes them.
pub const AHEAD: u32 = 24;

/// Lends messages out of bytes that it owns.
pub trait Framing {
    /// What comes next. Counts everything but the messages themselves, which whoever decodes them
    /// counts. An error is final, and comes after everything that could be read before it.
    fn next(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error>;

    /// Whose messages come in this framing.
    const FAMILY: Family;

    /// Whether what [`Framing::ahead`] shows came together with the message that was lent last, so
    /// that a live feed would have it too.
    const TOGETHER: bool;

    /// The next message that will come soon and was not shown yet: what it needs can be fetched from
    /// memory meanwhile. `None` where nothing more of the future is known, or wanted now.
    fn ahead(&mut self) -> Option<&[u8]>;

    /// How many messages come before anything has to be waited for, as far as that is known.
    fn at_hand(&self) -> usize;

    /// Back to the first message.
    fn rewind(&mut self) -> Result<(), Error>;

    /// The path of the input.
    fn path(&self) -> &Path;

    /// The instruments that the head of the file names, each by the key under which the venue's
    /// messages number it: its symbol, or [`SecurityId::key`](crate::instruments::SecurityId::key).
    fn listings(&self) -> Vec<(Symbol, Listing)> {
        Vec::new()
    }

    /// What a person should know of what was read so far.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Where the framing stands in the unpacked file, in bytes: behind the last message of a file of
    /// messages, at the packet of the last message of a capture.
    fn offset(&self) -> u64;

    /// How much of the file on disk has been read.
    fn progress(&self) -> Progress;

    /// Returns once the start of the input is in memory.
    fn wait_ready(&self);

    /// Touches the memory that was taken for what may come, so that no message pays for it.
    fn touch(&mut self) {}
}

/// What bytes were taken for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Whose messages they hold.
    pub venue: Venue,
    /// What in them says so: a plural, as in "by its types and lengths of messages".
    pub evidence: String,
}

/// A file that holds messages and nothing around them, or what its own format has around them.
pub trait Container: Framing + Sized {
    /// The name in reports.
    const NAME: &'static str;

    /// What an error says was looked for.
    const LOOKED_FOR: &'static str = Self::NAME;

    /// Whether a file that begins like this is one, and of which venue. `more` says that the file is
    /// longer than the sample. `asked` is the venue to prefer where several are possible; a claim of
    /// another one is refused later, with its evidence.
    fn recognise(sample: &[u8], more: bool, asked: Option<Venue>) -> Option<Claim>;

    /// Reads from the first byte on.
    ///
    /// # Errors
    /// What is wrong with the head of the file.
    fn open(input: Input, venue: Venue) -> Result<Self, Error>;

    /// What the times in it count from, where the file says it itself.
    fn epoch(&self) -> Option<Epoch> {
        None
    }

    /// What can be published of it, where the file says it itself.
    fn streams(&self) -> Option<Streams> {
        None
    }
}
