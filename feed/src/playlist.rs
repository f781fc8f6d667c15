//! What is played: files in a row, or a generated day; once or several times.
//!
//! Opening a file, and starting the threads that unpack it or read it ahead, happens on a thread
//! that is not pinned; the loop's thread takes what is ready.

use std::path::PathBuf;

use thiserror::Error;

use crate::framing::damaged::Damage;
use crate::generate::{self, Parameters, Unfit};
use crate::scenario::{FeedConfig, Generate, SourceConfig, VenueChoice};
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
        Playlist { sources, venue, passes, times, next: 0, anew: false, faults, lines }
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
