//! `tickline dump`: the records that strategies get, as text, for people and for other tools.
//!
//! Rows go the same way whatever they come from: a [`Sieve`] takes records, and hands those that are
//! selected to the [`Rows`](rows::Rows) of a format.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::bail;
use tickline_feed::scenario::Publish;
use tickline_feed::venue::Venue;
use tickline_shared::attach::{AttachError, Attached, attach};
use tickline_shared::exit::Exit;
use tickline_shared::instruments::{Instruments, Name};
use tickline_shared::msg::Kind;
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::scenario::ReaderMode;

mod file;

mod ring;

mod window;

mod selection;

mod rows;

mod text;

mod lines;

mod csv;

mod json;

mod dbn;

#[cfg(feature = "parquet")]
mod parquet;

mod output;

mod error;

use dbn::DbnArgs;
pub use error::DumpError;
use output::Wanted;
use rows::{About, Format};
use selection::{Selection, Sieve, Written, kind};
use text::Time;
use window::{Open, Window};

use crate::failure::is_stdout_closed;
use crate::moment::Moment;

/// Prints the records that strategies get: of captures, as a feed would make them, or of a ring that is
/// served now.
///
/// A name is that of a ring where there is no such file. The feed does not wait for whoever dumps its
/// ring: what was overwritten before it could be read is a row of its own, a Gap with the flag OVERRUN.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Captures, one after the other, or the name of a ring.
    #[arg(required = true, value_name = "FILE|RING")]
    sources: Vec<PathBuf>,

    /// Of a ring: go on after what it holds, until the feed ends or Ctrl-C.
    #[arg(short, long)]
    follow: bool,

    /// Of a ring: whether the feed goes on, or waits for this reader so that nothing is lost
    /// [default: lossy].
    #[arg(long, value_name = "lossy|lossless", value_parser = mode)]
    reader: Option<ReaderMode>,

    /// Of a file: the streams, as in a scenario: orders, levels, quotes, trades
    /// [default: all that the venue has].
    #[arg(long, value_name = "STREAM,…")]
    publish: Option<Publish>,

    /// Of a file: whose messages it holds [default: by looking at it].
    #[arg(long, value_name = "NAME")]
    venue: Option<Venue>,

    /// Only these symbols, and what concerns all of them; separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "SYMBOL,…")]
    symbols: Vec<Name>,

    /// Only records of these kinds, separated by commas: Quote, Trade, Add, Gap, …
    #[arg(long, value_delimiter = ',', value_name = "KIND,…", value_parser = kind)]
    kinds: Vec<Kind>,

    /// Only from then on, by the venue's clock: 09:30:00 or 09:30:00.25, which of a clock with a date is
    /// UTC; 2026-11-21T14:30:00Z; or nanoseconds as in the column exchange_ts.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Only before then; written like --from.
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,

    /// Stop after N rows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    /// How rows are written [default: by the name of the file, or csv].
    #[arg(long)]
    format: Option<Format>,

    #[command(flatten)]
    dbn: DbnArgs,

    /// How times are written in csv and json.
    #[arg(long, default_value = "ns")]
    time: Time,

    /// Where to write; `-` is standard output. Packed if the name ends in .gz or .zst.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  tickline dump day.itch.gz --symbols AAPL,MSFT --publish trades > trades.csv
  tickline dump day.itch.gz --from 09:30:00 --to 09:31:00 --kinds Quote --format json | jq .price
  tickline dump a.pcap b.pcap -o both.csv.zst
  tickline dump day.itch.gz -o day.dbn --schema mbo --midnight 2019-12-30T00:00:00-05:00
  tickline dump nasdaq --follow --kinds Trade";

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let missing = args.sources.iter().find_map(|path| Some((path, std::fs::metadata(path).err()?)));
    match missing {
        None => file::dump(args),
        Some((path, file)) if args.sources.len() > 1 => {
            bail!(DumpError::NotAlone { name: path.display().to_string(), file })
        }
        Some((path, file)) => ring::dump(args, args.attach(path, file)?),
    }
}

impl Args {
    /// Becomes a reader of the ring that has this name, which no file has.
    fn attach(&self, path: &Path, file: io::Error) -> anyhow::Result<Attached> {
        let neither =
            |ring: String| DumpError::Neither { name: path.display().to_string(), file, ring };
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let name = path.to_str().filter(|name| name.bytes().all(plain));
        let Some(ring) = name else { bail!(neither("no ring can have this name".to_owned())) };
        // Several may read one ring.
        let reader = format!("dump-{}", std::process::id());
        match attach(ring, &reader, self.reader.unwrap_or(ReaderMode::Lossy)) {
            Err(AttachError::NoFeed { looked_at, .. }) => {
                let looked_at: Vec<_> =
                    looked_at.iter().map(|at| at.display().to_string()).collect();
                bail!(neither(format!("looked at {}", looked_at.join(" and "))))
            }
            attached => Ok(attached?),
        }
    }

    fn window(&self, epoch: Epoch) -> Result<Open, DumpError> {
        Window { from: self.from, to: self.to }.on(epoch)
    }

    /// What writes the rows, once it is known what they are of.
    fn sieve(
        &self,
        source: &str,
        streams: Streams,
        epoch: Epoch,
        instruments: &Instruments,
        selection: Selection,
    ) -> Result<Sieve, DumpError> {
        let (source, instruments) = (source.to_owned(), instruments.clone());
        let about = About { source, streams, epoch, time: self.time, instruments };
        let encoding = self.format().encoding(&about, &self.dbn)?;
        let wanted = self.wanted();
        let failed = |source| DumpError::Write { path: wanted.name(), source };
        let rows = encoding.rows(about, wanted.open()?).map_err(failed)?;
        Ok(Sieve::new(selection, rows, self.limit))
    }

    /// Writes the end of the output.
    fn finish(&self, sieve: Sieve) -> anyhow::Result<Written> {
        sieve.finish().map_err(|source| match source.kind() {
            _ if is_stdout_closed(&source) => source.into(),
            io::ErrorKind::AlreadyExists => DumpError::Exists(self.wanted().name()).into(),
            _ => DumpError::Write { path: self.wanted().name(), source }.into(),
        })
    }

    fn format(&self) -> Format {
        let name = self.output.as_ref().and_then(|path| path.to_str());
        self.format.or(name.and_then(Format::of_name)).unwrap_or(Format::Csv)
    }

    fn wanted(&self) -> Wanted<'_> {
        let (path, force) = (self.output.as_deref(), self.force);
        Wanted { path, force, grows: self.follow, text: self.format().is_text() }
    }
}

/// A way of reading by its name in scenarios.
fn mode(text: &str) -> Result<ReaderMode, String> {
    let modes = [ReaderMode::Lossy, ReaderMode::Lossless];
    let found = modes.into_iter().find(|mode| mode.to_string() == text);
    found.ok_or_else(|| "expected lossy or lossless".to_owned())
}
