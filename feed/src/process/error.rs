//! Why a feed could not do its work, and what its process ends with.

use thiserror::Error;
use tickline_shared::attach::AttachError;
use tickline_shared::exit::Exit;
use tickline_shared::instruments::Name;
use tickline_shared::memory::MemoryError;
use tickline_shared::process::ProcessError;
use tickline_shared::scenario::ScenarioError;

use crate::metrics::MetricsError;
use crate::scenario::{NotSent, unscaled};
use crate::venue::Venue;
use crate::{playlist, source};

/// Why a feed could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// There is nothing to play, or not to the end.
    #[error(transparent)]
    Playlist(#[from] playlist::Error),
    /// A capture ends in the middle.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// No memory for the ring.
    #[error("ring `{ring}`: {source}")]
    Memory {
        /// The ring's name.
        ring: String,
        /// What is missing.
        source: MemoryError,
    },
    /// No memory for the table of instruments.
    #[error("the table of instruments: {0}")]
    InstrumentMemory(MemoryError),
    /// The scenario says what the venue says itself.
    #[error(
        "{}\n  leave `quantity_decimals` of `{name}` out of [[feed.instrument]]",
        unscaled(*venue)
    )]
    Unscaled {
        /// The venue.
        venue: Venue,
        /// The instrument.
        name: Name,
    },
    /// No memory for the books.
    #[error(
        "no memory for books of {live_orders} live orders: {source}\n  ask for fewer: [feed] \
         live_orders = …"
    )]
    Book {
        /// Orders asked for.
        live_orders: usize,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Strategies cannot attach.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// Nobody could look at the metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The machine does not allow what was asked for.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A stream was asked for of a venue that does not send what is in it.
    #[error(
        "{0}\n  leave `{stream}` out of [feed] publish; there is {there_is}{hint}",
        stream = .0.stream(),
        there_is = .0.there_is(),
        hint = .0.hint().map(|hint| format!("\n  {hint}")).unwrap_or_default()
    )]
    NotSent(NotSent),
    /// Symbols were asked for that the source never named.
    #[error(
        "the source has no symbol {0}\n  see what it holds: tickline inspect FILE, or correct \
         [feed] symbols"
    )]
    NoSuchSymbol(String),
    /// Whoever takes the records in the place of a ring cannot.
    #[error(transparent)]
    Sink(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// What the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Scenario(_) | Error::Playlist(_) => Exit::Usage,
            Error::NotSent(_) | Error::Unscaled { .. } => Exit::Usage,
            Error::Memory { .. } | Error::Book { .. } => Exit::Environment,
            Error::InstrumentMemory(_) => Exit::Environment,
            Error::Process(ProcessError::Core { .. }) => Exit::Environment,
            Error::Attach(AttachError::RingTaken { .. }) => Exit::Environment,
            Error::Metrics(_) => Exit::Environment,
            _ => Exit::Failed,
        }
    }
}
