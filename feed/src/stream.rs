//! One input as a stream of events: the bytes, how they are cut, and the numbers of the messages.
//!
//! [`open`] finds out what a file is and gives the stream that reads it. Streams of different
//! framings are different types, so that the loop over one is compiled for it; [`AnyStream`] holds
//! whichever it is until that loop is chosen.

use std::path::Path;

use tickline_shared::instruments::Listing;
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::units::Symbol;

use crate::counts::Counts;
use crate::framing::binary_file::BinaryFile;
use crate::framing::capture::Capture;
use crate::framing::damaged::Damage;
use crate::framing::datagrams::{Datagrams, Transport};
use crate::framing::dbn::Dbn;
use crate::framing::iex_tp::IexTp;
use crate::framing::lines::Lines;
use crate::framing::mdp3::Mdp3;
use crate::framing::mold_udp64::MoldUdp64;
use crate::framing::recording::Recording;
use crate::framing::{Claim, Container, Event, Framing};
use crate::session::{LineId, Sessions};
use crate::source::{Compression, Error, Input, Progress};
use crate::venue::market::Decoder;
use crate::venue::{Family, Venue};

mod detect;

use detect::Format;

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

    /// See [`Framing::at_hand`].
    #[inline(always)]
    pub fn at_hand(&self) -> usize {
        self.framing.at_hand()
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

    /// The sessions so far.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// See [`Framing::path`].
    pub fn path(&self) -> &Path {
        self.framing.path()
    }

    /// See [`Framing::listings`].
    pub fn listings(&self) -> Vec<(Symbol, Listing)> {
        self.framing.listings()
    }

    /// See [`Framing::notes`].
    pub fn notes(&self) -> Vec<String> {
        self.framing.notes()
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

    /// See [`Framing::touch`].
    pub fn touch(&mut self) {
        self.framing.touch();
    }
}

/// Defines [`AnyStream`] and everything that chooses by what a file holds, from one list: of
/// protocols whose datagrams a capture holds, and of files of messages. Where several could claim the
/// same bytes, the first one does.
macro_rules! framings {
    (
        $d:tt
        datagrams { $($(#[$protocol_doc:meta])* $protocol:ident,)* }
        files { $($(#[$file_doc:meta])* $file:ident,)* }
    ) => {
        /// A stream of one of the framings.
        #[derive(Debug)]
        pub enum AnyStream {
            $($(#[$protocol_doc])* $protocol(Stream<Datagrams<Capture, $protocol>>),)*
            $($(#[$file_doc])* $file(Stream<$file>),)*
        }

        /// Does the same with whichever stream it is:
        /// `with_stream!(any, stream => stream.wait_ready())`.
        #[macro_export]
        macro_rules! with_stream {
            ($d any:expr, $d stream:pat => $d done:expr) => {
                match $d any {
                    $($crate::stream::AnyStream::$protocol($d stream) => $d done,)*
                    $($crate::stream::AnyStream::$file($d stream) => $d done,)*
                }
            };
        }

        impl AnyStream {
            /// The datagrams of a capture of this venue.
            fn datagrams(capture: Capture, venue: Venue, sessions: Sessions) -> (AnyStream, &'static str) {
                $(if <$protocol as Transport>::FAMILY == venue.family() {
                    let datagrams = Datagrams::new(capture, $protocol::of(venue));
                    return (AnyStream::$protocol(Stream::new(datagrams, sessions)), $protocol::NAME);
                })*
                unreachable!("a capture is claimed by a protocol of its venue")
            }

            /// The messages of a file that [`file`] recognised as this one.
            fn file(name: &str, input: Input, venue: Venue, sessions: Sessions) -> Result<AnyStream, Error> {
                $(if name == <$file as Container>::NAME {
                    let stream = Stream::new($file::open(input, venue)?, sessions);
                    return Ok(AnyStream::$file(stream));
                })*
                unreachable!("a file is claimed by a container of the list")
            }

            /// See [`Capture::damage`]; whether there are datagrams to damage.
            #[must_use]
            pub fn damage(&mut self, damage: Damage) -> bool {
                match self {
                    $(AnyStream::$protocol(stream) => stream.framing.source_mut().damage(damage),)*
                    $(AnyStream::$file(_) => return false,)*
                }
                true
            }

            /// See [`Datagrams::join`].
            #[must_use]
            pub fn join(&mut self, groups: &[Vec<LineId>]) -> bool {
                match self {
                    $(AnyStream::$protocol(stream) => stream.framing.join(groups),)*
                    $(AnyStream::$file(_) => false,)*
                }
            }

            /// What the times in it count from.
            fn epoch(&self, venue: Venue) -> Epoch {
                match self {
                    $(AnyStream::$file(stream) => stream.framing.epoch(),)*
                    _ => None,
                }
                .unwrap_or(venue.epoch())
            }

            /// What can be published of it.
            fn streams(&self, venue: Venue) -> Streams {
                match self {
                    $(AnyStream::$file(stream) => stream.framing.streams(),)*
                    _ => None,
                }
                .unwrap_or(venue.streams())
            }
        }

        /// Whose datagram this is.
        fn datagram(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<Claim> {
            None$(.or_else(|| $protocol::claim(payload, whole, asked)))*
        }

        /// What a file that is no capture begins with: the name of its container, and its claim.
        fn file(sample: &[u8], more: bool, asked: Option<Venue>) -> Option<(&'static str, Claim)> {
            $(if let Some(claim) = $file::recognise(sample, more, asked) {
                return Some((<$file as Container>::NAME, claim));
            })*
            None
        }

        /// Whether the messages of a family come in datagrams.
        fn in_datagrams(family: Family) -> bool {
            [$(<$protocol as Transport>::FAMILY,)*].contains(&family)
        }

        /// The protocols whose datagrams are looked for.
        const PROTOCOLS: &[&str] = &[$($protocol::NAME,)*];

        /// The files that are looked for.
        const FILES: &[&str] = &[$(<$file as Container>::LOOKED_FOR,)*];
    };
}

framings! {
    $
    datagrams {
        /// Datagrams of a capture of IEX.
        IexTp,
        /// Packets of a capture of CME.
        Mdp3,
        /// Datagrams of a capture of Nasdaq's.
        MoldUdp64,
    }
    files {
        /// Records that a feed published.
        Recording,
        /// Messages with length prefixes.
        BinaryFile,
        /// Records of Databento.
        Dbn,
        /// Messages in lines of text.
        Lines,
    }
}

/// Whether the messages of a venue come in a framing. Loops are compiled for every pair of them that a
/// program asks for: `if const { !fits::<D, F>() }` keeps it from the pairs that cannot be.
pub const fn fits<D: Decoder, F: Framing>() -> bool {
    D::FAMILY as u8 == F::FAMILY as u8
}

impl AnyStream {
    /// See [`Framing::path`].
    pub fn path(&self) -> &Path {
        with_stream!(self, stream => stream.path())
    }

    /// Returns once the start of the input is in memory.
    pub fn wait_ready(&self) {
        with_stream!(self, stream => stream.wait_ready())
    }

    /// See [`Framing::touch`].
    pub fn touch(&mut self) {
        with_stream!(self, stream => stream.touch())
    }
}

/// A file that was looked at.
#[derive(Debug)]
pub struct Opened {
    /// What reads it.
    pub stream: AnyStream,
    /// The name, in reports, of what it is on the outside.
    pub format: &'static str,
    /// How it is packed.
    pub compression: Compression,
    /// The name, in reports, of how its bytes are cut into messages.
    pub framing: &'static str,
    /// Whose messages it holds.
    pub venue: Venue,
    /// What in the file says so.
    pub evidence: String,
    /// What the times of its messages count from.
    pub epoch: Epoch,
    /// What can be published of it.
    pub streams: Streams,
}

/// Finds out from its bytes what a file is. `venue` is the one to expect, and a file of another one
/// is refused; `None` takes whichever fits. Continues `sessions`, which a run's first file has none of.
pub fn open(mut input: Input, venue: Option<Venue>, sessions: Sessions) -> Result<Opened, Error> {
    let compression = input.compression();
    let (format, Claim { venue, evidence }) = detect::format(&mut input, venue)?;
    let name = format.name();
    let (stream, framing) = match format {
        Format::Datagrams(layout) => {
            AnyStream::datagrams(Capture::new(input, layout)?, venue, sessions)
        }
        Format::File(name) => (AnyStream::file(name, input, venue, sessions)?, name),
    };
    let (epoch, streams) = (stream.epoch(venue), stream.streams(venue));
    Ok(Opened { stream, format: name, compression, framing, venue, evidence, epoch, streams })
}
