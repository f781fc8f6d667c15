//! What is played: files in a row, or a generated day; once or several times.
//!
//! Opening a file, and starting the threads that unpack it or read it ahead, happens on a thread
//! that is not pinned; the loop's thread takes what is ready.

use std::path::PathBuf;

use thiserror::Error;
use tickline_shared::ring::layout::Epoch;

use crate::framing::damaged::Damage;
use crate::generate::{self, Parameters, Unfit};
use crate::scenario::{FeedConfig, Generate, Publish, SourceConfig, VenueChoice};
use crate::session::{LineId, Sessions};
use crate::source::{self, Input};
use crate::stream::{self, Opened};
use crate::venue::Venue;

/// Why there is nothing to play.
#[derive(Debug, Error)]
pub enum Error {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A file of messages cannot lose datagrams.
    #[error(
        "[feed] source.faults: {path} holds no datagrams that could be damaged; leave `faults` out, \
         or name a capture of packets",
        path = .0.display()
    )]
    NoDatagrams(PathBuf),
    /// Its sessions are known without the addresses of its lines.
    #[error(
        "[feed] source.lines: in {path} nothing goes by addresses, its sessions say themselves what \
         belongs together; leave `lines` out",
        path = .0.display()
    )]
    NotByLine(PathBuf),
    /// No such day can be generated.
    #[error("[feed] source.generate: {0}")]
    Generate(#[from] Unfit),
    /// A recording lacks a stream that is to be published.
    #[error(
        "{} holds no {lacks}: the ring that was recorded carried {held}\n  ask for what there is: \
         publish {held}", .path.display()
    )]
    NotRecorded {
        /// The recording.
        path: PathBuf,
        /// What was asked for and is not there.
        lacks: Publish,
        /// What is there.
        held: Publish,
    },
    /// A recording counts its times from another moment than the file before it.
    #[error(
        "{}: its times do not count from where those of the files before it do (the Unix epoch, and \
         midnight): play it alone", .0.display()
    )]
    OtherEpoch(PathBuf),
}

/// One stream to play.
pub struct Item {
    /// What reads it.
    pub opened: Opened,
    /// How often to play it.
    pub times: u64,
    /// Whether it begins the list anew, so that books and sessions of before are void.
    pub anew: bool,
}

/// All streams of a scenario, opened one by one.
pub struct Playlist {
    sources: Vec<Source>,
    venue: Option<Venue>,
    /// What is to be published of every file, once somebody has said so.
    publish: Option<Publish>,
    /// What times count from, once a file was opened.
    epoch: Option<Epoch>,
    /// Passes over the list that are left.
    passes: u64,
    /// How often each item is played in a pass.
    times: u64,
    next: usize,
    anew: bool,
    faults: Option<Damage>,
    lines: Vec<Vec<LineId>>,
}

enum Source {
    File(PathBuf),
    Generated(Parameters),
}

impl Playlist {
    /// What a feed's table asks for.
    pub fn new(config: &FeedConfig) -> Playlist {
        let sources: Vec<Source> = match &config.source {
            SourceConfig::Capture { files } => files.iter().cloned().map(Source::File).collect(),
            SourceConfig::Generate(generate) => {
                vec![Source::Generated(parameters(generate))]
            }
        };
        // One stream is rewound; several are opened again.
        let alone = sources.len() == 1;
        let (passes, times) = if alone { (1, config.loops) } else { (config.loops, 1) };
        let venue = match config.venue {
            VenueChoice::Auto => None,
            VenueChoice::Named(venue) => Some(venue),
        };
        let (faults, lines) = (config.faults, config.lines.clone());
        let (publish, epoch) = (None, None);
        let (next, anew) = (0, false);
        Playlist { sources, venue, publish, epoch, passes, times, next, anew, faults, lines }
    }

    /// Says what is to be published of `first`, which was opened, and of every file that follows.
    ///
    /// # Errors
    /// Where it is a recording that does not hold that. What a venue does not send is told elsewhere.
    pub fn demand(&mut self, first: &Opened, publish: Publish) -> Result<(), Error> {
        self.publish = Some(publish);
        self.check(first)
    }

    fn check(&self, opened: &Opened) -> Result<(), Error> {
        let path = opened.stream.path();
        let lacks = self.publish.and_then(|publish| publish.without(opened.streams));
        match lacks.filter(|_| opened.venue == Venue::Recorded) {
            Some(lacks) => Err(Error::NotRecorded {
                path: path.to_owned(),
                lacks,
                held: opened.streams.into(),
            }),
            None if self.epoch.is_some_and(|epoch| epoch != opened.epoch) => {
                Err(Error::OtherEpoch(path.to_owned()))
            }
            None => Ok(()),
        }
    }

    fn open(&self, source: &Source) -> Result<Opened, Error> {
        let input = match source {
            Source::File(path) => Input::open(path)?,
            Source::Generated(parameters) => {
                Input::from_bytes("a generated day", generate::binary_file(parameters)?)
            }
        };
        let mut opened = stream::open(input, self.venue, Sessions::default())?;
        let path = || opened_path(source);
        if !self.lines.is_empty() && !opened.stream.join(&self.lines) {
            return Err(Error::NotByLine(path()));
        }
        if self.faults.is_some_and(|faults| !opened.stream.damage(faults)) {
            return Err(Error::NoDatagrams(path()));
        }
        opened.stream.touch();
        self.check(&opened)?;
        Ok(opened)
    }
}

fn opened_path(source: &Source) -> PathBuf {
    match source {
        Source::File(path) => path.clone(),
        Source::Generated(_) => "a generated day".into(),
    }
}

/// The day that a scenario describes, as long as a real one of so many messages.
fn parameters(day: &Generate) -> Parameters {
    Parameters {
        messages: day.messages,
        symbols: day.symbols,
        seed: day.seed,
        live_orders: day.live_orders,
        span: Parameters::of(day.messages).span,
    }
}

impl Iterator for Playlist {
    type Item = Result<Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.passes == 0 {
            return None;
        }
        let opened = self.open(&self.sources[self.next]);
        // One ring has one venue: what the first file holds, the others have to hold too.
        self.venue = self.venue.or(opened.as_ref().ok().map(|opened| opened.venue));
        self.epoch = self.epoch.or(opened.as_ref().ok().map(|opened| opened.epoch));
        let item = opened.map(|opened| Item { opened, times: self.times, anew: self.anew });
        self.anew = false;
        self.next += 1;
        if self.next == self.sources.len() {
            (self.next, self.anew) = (0, true);
            self.passes -= 1;
        }
        Some(item)
    }
}
