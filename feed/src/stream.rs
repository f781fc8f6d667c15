//! One input as a stream of events: the bytes, how they are cut, and the numbers of the messages.
//!
//! [`open`] finds out what a file is and gives the stream that reads it. Streams of different
//! framings are different types, so that the loop over one is compiled for it; [`AnyStream`] holds
//! whichever it is until that loop is chosen.

use crate::counts::Counts;
use crate::framing::binary_file::BinaryFile;
use crate::framing::capture::{Capture, Layout};
use crate::framing::datagrams::{Datagrams, Transport};
use crate::framing::iex_tp::IexTp;
use crate::framing::mold_udp64::MoldUdp64;
use crate::framing::{Event, Framing};
use crate::session::Sessions;
use crate::source::{Compression, Error, Input, Progress};
use crate::venue::{Family, Venue};

mod detect;

use detect::Found;

/// The events of one input.
///
/// ```no_run
/// # fn main() -> Result<(), tickline_feed::source::Error> {
/// use tickline_feed::{counts::Counts, framing::Event, session::Sessions, source::Input, stream};
///
/// let opened = stream::open(Input::open("day.itch.gz")?, None, Sessions::default())?;
/// let mut counts = Counts::default();
/// if let stream::AnyStream::BinaryFile(mut stream) = opened.stream {
///     loop {
///         match stream.next(&mut counts)? {
///             Event::Message { sequence, bytes, .. } => println!("{sequence}: {bytes:02x?}"),
///             Event::End => break,
///             other => println!("{other:?}"),
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stream<F> {
    framing: F,
    sessions: Sessions,
}

impl<F: Framing> Stream<F> {
    /// Continues `sessions` with what `framing` reads.
    pub fn new(framing: F, sessions: Sessions) -> Stream<F> {
        Stream { framing, sessions }
    }

    /// What comes next. No message costs an allocation or a system call; refilling a window, once
    /// in a MiB, may. An error is final, and comes after everything that could be read before it.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self, counts: &mut Counts) -> Result<Event<'_>, Error> {
        self.framing.next(&mut self.sessions, counts)
    }

    /// See [`Framing::ahead`].
    #[inline(always)]
    pub fn ahead(&mut self) -> Option<&[u8]> {
        self.framing.ahead()
    }

    /// From the first message again, in a new session.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.sessions.restart();
        self.framing.rewind()
    }

    /// Continues the sessions of the stream before this one, in place of its own.
    pub fn resume(&mut self, sessions: Sessions) {
        self.sessions = sessions;
    }

    /// The sessions, for the stream of the next file.
    pub fn into_sessions(self) -> Sessions {
        self.sessions
    }

    /// How the bytes are cut.
    pub fn framing(&self) -> &F {
        &self.framing
    }

    /// See [`Framing::offset`].
    pub fn offset(&self) -> u64 {
        self.framing.offset()
    }

    /// How much of the file on disk has been read.
    pub fn progress(&self) -> Progress {
        self.framing.progress()
    }

    /// Returns once the start of the input is in memory.
    pub fn wait_ready(&self) {
        self.framing.wait_ready();
    }
}

/// A stream of one of the framings.
#[derive(Debug)]
pub enum AnyStream {
    /// Messages with length prefixes.
    BinaryFile(Stream<BinaryFile>),
    /// Datagrams of a capture.
    MoldUdp64(Stream<Datagrams<Capture, MoldUdp64>>),
    /// Datagrams of a capture of IEX.
    IexTp(Stream<Datagrams<Capture, IexTp>>),
}

/// Does the same with whichever stream it is: `with_stream!(any, stream => stream.wait_ready())`.
#[macro_export]
macro_rules! with_stream {
    ($any:expr, $stream:pat => $done:expr) => {
        match $any {
            $crate::stream::AnyStream::BinaryFile($stream) => $done,
            $crate::stream::AnyStream::MoldUdp64($stream) => $done,
            $crate::stream::AnyStream::IexTp($stream) => $done,
        }
    };
}

impl AnyStream {
    /// Returns once the start of the input is in memory.
    pub fn wait_ready(&self) {
        with_stream!(self, stream => stream.wait_ready())
    }
}

/// What a file is on the outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Messages with length prefixes.
    BinaryFile,
    /// Packets in classic pcap.
    Pcap,
    /// Packets in pcapng.
    Pcapng,
    /// MoldUDP64 payloads end to end.
    MoldUdp64,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::BinaryFile => "binaryfile",
            Format::Pcap => "pcap",
            Format::Pcapng => "pcapng",
            Format::MoldUdp64 => MoldUdp64::NAME,
        }
    }
}

/// A file that was looked at.
#[derive(Debug)]
pub struct Opened {
    /// What reads it.
    pub stream: AnyStream,
    /// What it is on the outside.
    pub format: Format,
    /// How it is packed.
    pub compression: Compression,
    /// The name, in reports, of how its bytes are cut into messages.
    pub framing: &'static str,
    /// Whose messages it holds.
    pub venue: Venue,
    /// What in the file says so.
    pub evidence: String,
}

/// Finds out from its bytes what a file is. `venue` is the one to expect, and a file of another one
/// is refused; `None` takes whichever fits. Continues `sessions`, which a run's first file has none of.
pub fn open(mut input: Input, venue: Option<Venue>, sessions: Sessions) -> Result<Opened, Error> {
    let compression = input.compression();
    let Found { format, venue, evidence } = detect::format(&mut input, venue)?;
    let (stream, framing) = match (format, venue.family()) {
        (Format::BinaryFile, _) => {
            let stream = Stream::new(BinaryFile::new(input, venue), sessions);
            (AnyStream::BinaryFile(stream), format.name())
        }
        (Format::Pcap | Format::Pcapng, Family::Iex) => {
            let transport = IexTp { protocols: venue.protocols() };
            let datagrams = Datagrams::new(Capture::new(input, layout(format))?, transport);
            (AnyStream::IexTp(Stream::new(datagrams, sessions)), IexTp::NAME)
        }
        _ => {
            let datagrams = Datagrams::new(Capture::new(input, layout(format))?, MoldUdp64);
            (AnyStream::MoldUdp64(Stream::new(datagrams, sessions)), MoldUdp64::NAME)
        }
    };
    Ok(Opened { stream, format, compression, framing, venue, evidence })
}

/// How datagrams lie in a file of datagrams.
fn layout(format: Format) -> Layout {
    match format {
        Format::Pcap => Layout::Pcap,
        Format::Pcapng => Layout::Pcapng,
        Format::MoldUdp64 | Format::BinaryFile => Layout::Payloads,
    }
}
