//! `tickline book`: the books after a capture, or at a time of its day.
//!
//! The feed's loop runs in this process, and a strategy's books follow the records that would go
//! into the ring: what is shown is what a strategy would know.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use tickline_feed::offline;
use tickline_feed::process::Error;
use tickline_feed::scenario::{FeedConfig, SourceConfig, VenueChoice};
use tickline_feed::stream::Opened;
use tickline_feed::venue::Venue;
use tickline_shared::exit::Exit;
use tickline_shared::instruments::{Instruments, Name};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::Symbol;

mod at;

mod keep;

mod view;

mod json;
mod text;

mod error;

pub use error::BookError;
use keep::Keep;
use view::{Choice, View};

use crate::moment::Moment;
use crate::output::stdout;

/// Orders, or levels, that the books have room for at first. They grow, and nobody has to wait for
/// it.
const ROOM: usize = 1 << 16;

/// Symbols and levels of the text where nobody says how many.
const SYMBOLS_SHOWN: usize = 10;
const LEVELS_SHOWN: usize = 5;

/// Shows the books after a capture, or at a time of its day, as a strategy would have kept them.
///
/// Of a venue that sends orders or price levels, every level is known; of one that sends quotes,
/// the best. A book is stale where messages are missing that it would need, until the venue clears
/// it or begins a day.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Captures, one after the other.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Only these symbols, in this order; separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "SYMBOL,…")]
    symbols: Vec<Name>,

    /// How many levels of each side, the best [default: 5, in JSON all].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    depth: Option<usize>,

    /// How many symbols, those with the most records that have a book [default: 10, in JSON all].
    #[arg(long, value_name = "N", conflicts_with = "symbols", value_parser = at_least_one)]
    limit: Option<usize>,

    /// As they were then, by the venue's clock, that moment included: 09:30:00 or 09:30:00.25,
    /// which of a clock with a date is UTC on the capture's first day; 2026-11-21T14:30:00Z; or
    /// nanoseconds as that clock counts them.
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,

    /// Whose messages they are [default: by looking at them].
    #[arg(long, value_name = "NAME")]
    venue: Option<Venue>,

    /// Print JSON: every symbol and every level, unless a part is asked for.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tickline book day.itch.gz --symbols AAPL,MSFT --depth 10 --at 09:30:00
  tickline book deep.pcap.gz --json | jq '.symbols[] | select(.state == \"crossed\") | .symbol'";

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number above 0".to_owned())
}

/// What all books of a run have in common.
struct About {
    files: Vec<String>,
    venue: Venue,
    epoch: Epoch,
    /// The venue's clock at the last message that was followed; `None` without one.
    as_of: Option<u64>,
    messages: u64,
    gaps: u64,
    gap_messages: u64,
    /// Symbols asked for that no message named.
    missing: Vec<Name>,
    /// Why the files were not read to their end.
    error: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut config = FeedConfig::new(SourceConfig::Capture { files: args.files.clone() });
    config.venue = args.venue.map_or(VenueChoice::Auto, VenueChoice::Named);
    config.symbols.clone_from(&args.symbols);
    config.live_orders = ROOM;
    let played = offline::play(&config, Arc::default(), |opened: &Opened, _: &Instruments| {
        let keep = Keep::new(opened, args.at);
        let keep = keep.map_err(|source| Error::Book { live_orders: ROOM, source })?;
        let streams = keep.streams();
        Ok((keep, streams))
    });
    let played = match played {
        Ok(played) => played,
        Err(error) => {
            tracing::error!("{error}");
            return Ok(error.exit());
        }
    };
    let publisher = &played.pipeline.publisher;
    let (counts, keep) = (&played.pipeline.counts, publisher.sink_ref());
    keep.check()?;
    let about = About {
        files: args.files.iter().map(|file| file.display().to_string()).collect(),
        venue: keep.venue,
        epoch: keep.epoch,
        as_of: (counts.messages > 0).then_some(played.pipeline.exchange_ts),
        messages: counts.messages,
        gaps: counts.gaps,
        gap_messages: counts.gap_messages,
        missing: publisher.instruments().missing(),
        error: played.error.as_ref().map(ToString::to_string),
    };
    let table = publisher.instruments().registry().instruments();
    let called = |name: &Name| table.find(&name.text()).map(|known| known.symbol).or(name.symbol());
    let symbols = args.symbols.iter().filter(|it| !about.missing.contains(it)).filter_map(called);
    let choice = Choice {
        symbols: symbols.collect(),
        limit: args.limit.or((!args.json).then_some(SYMBOLS_SHOWN)),
        depth: args.depth.or((!args.json).then_some(LEVELS_SHOWN)),
    };
    let view = View::of(keep, &choice, &table);
    let mut out = stdout();
    match args.json {
        true => json::write(&mut out, &about, &view)?,
        false => text::write(&mut out, &about, &view)?,
    }
    out.flush()?;
    if let Some(error) = &about.error {
        // What could be read of it is shown.
        tracing::error!("{error}");
        return Ok(Exit::Failed);
    }
    if about.missing.is_empty() {
        return Ok(Exit::Ok);
    }
    let known = (0..=u16::MAX).map(|number| publisher.instruments().get(number).symbol);
    Err(BookError::unknown(&about.missing, known.filter(|symbol| *symbol != Symbol::NONE)).into())
}
