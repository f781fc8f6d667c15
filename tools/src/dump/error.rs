//! Why nothing is dumped, or not all of it.

use std::io;
use std::path::PathBuf;

use tickline_feed::export::dbn::Ambiguous;
use tickline_feed::scenario::NotSent;
use tickline_shared::exit::Exit;

/// Why nothing is dumped, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// What was named is not there.
    #[error(
        "`{name}` is neither a file ({file}) nor a ring that is served now ({ring})\n  rings that \
         are: tickline rings"
    )]
    Neither {
        /// As given.
        name: String,
        /// What the system says of a file of that name.
        file: io::Error,
        /// What speaks against a ring of that name.
        ring: String,
    },
    /// Several were named, and one is not there.
    #[error("`{name}` is no file ({file}): several files may be given, or one ring alone")]
    NotAlone {
        /// As given.
        name: String,
        /// What the system says of it.
        file: io::Error,
    },
    /// An option for files, given with a ring.
    #[error("{option} is for files: a ring holds what its feed publishes")]
    ForFiles {
        /// The option.
        option: &'static str,
    },
    /// An option for rings, given with a file.
    #[error("{option} is for rings: a file is read to its end, and nothing of it is lost")]
    ForRings {
        /// The option.
        option: &'static str,
    },
    /// A stream was asked for of a venue that does not send it.
    #[error("--publish: {0}; there is {there_is}", there_is = .0.there_is())]
    NotSent(NotSent),
    /// Symbols were asked for that no message named.
    #[error("no message names {0}; see what the file holds: tickline inspect FILE")]
    NoSuchSymbol(String),
    /// A name that is no symbol, and that the ring's feed has not heard of.
    #[error("the feed of this ring knows no instrument `{0}`")]
    NoSuchInstrument(String),
    /// Ctrl-C before the end of a file.
    #[error("interrupted: {rows} rows were written, and the rest of the file was not read")]
    Interrupted {
        /// How many.
        rows: u64,
    },
    /// A date, and a clock without one.
    #[error(
        "the venue's clock counts from midnight and has no date: give --from and --to as the time \
         of day at the venue, such as 09:30:00"
    )]
    NoDate,
    /// An option of one format, given with another.
    #[error("--schema and --midnight are for --format dbn")]
    ForDbn,
    /// Times of DBN have a date, and the venue's clock has none.
    #[error(
        "DBN has times with a date, and the venue's clock counts from midnight: say from which, with \
         its offset from UTC, as in --midnight 2019-12-30T00:00:00-05:00"
    )]
    Undated,
    /// A midnight was given to a clock that needs none.
    #[error("the venue's clock counts from 1970: leave out --midnight")]
    Dated,
    /// No schema takes what is published.
    #[error("--format dbn: {0} (--schema)")]
    Schema(Ambiguous),
    /// The program was built without it.
    #[cfg(not(feature = "parquet"))]
    #[error(
        "this tickline was built without Parquet, which brings many dependencies\n  with it: cargo \
         install --locked --path tools --features parquet"
    )]
    NoParquet,
    /// A file is in the way.
    #[error("{} exists; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// Binary data would go to somebody's screen.
    #[error("standard output is a terminal: give a file with -o, a pipe, or --format csv")]
    Terminal,
    /// Rows cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl DumpError {
    /// The code to end with.
    pub fn exit(&self) -> Exit {
        match self {
            DumpError::Write { .. }
            | DumpError::Interrupted { .. }
            | DumpError::NoSuchSymbol(_) => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
