//! A file as rows: the feed's loop in this process, with rows in the place of a ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use tickline_feed::offline;
use tickline_feed::process::Error;
use tickline_feed::publish::Sink;
use tickline_feed::scenario::{FeedConfig, SourceConfig, VenueChoice};
use tickline_feed::stream::Opened;
use tickline_feed::venue::Venue;
use tickline_shared::exit::Exit;
use tickline_shared::instruments::Instruments;
use tickline_shared::process;
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;

use super::selection::{Enough, Selection, Sieve};
use super::{Args, DumpError};

/// How far behind the end of the window messages have to be, and how many in a row, for the rest of
/// the file to be behind it as well: no venue's clock runs back so far.
const BEHIND_NS: u64 = 60_000_000_000;
const BEHIND: u32 = 1024;

/// Orders that the books have room for at first. They grow, and nobody has to wait for it.
const LIVE_ORDERS: usize = 1 << 16;

/// Writes the rows of files.
pub fn dump(args: &Args) -> anyhow::Result<Exit> {
    let for_rings = [("--follow", args.follow), ("--reader", args.reader.is_some())];
    if let Some((option, _)) = for_rings.into_iter().find(|(_, given)| *given) {
        bail!(DumpError::ForRings { option });
    }
    let mut config = FeedConfig::new(SourceConfig::Capture { files: args.sources.clone() });
    config.venue = args.venue.map_or(VenueChoice::Auto, VenueChoice::Named);
    config.symbols.clone_from(&args.symbols);
    config.live_orders = LIVE_ORDERS;
    let stop = process::stop_flag()?;
    let played =
        offline::play(&config, Arc::clone(&stop), |opened: &Opened, instruments: &Instruments| {
            let streams = streams(args, opened)?;
            Ok((Rows::new(args, opened, streams, instruments, Arc::clone(&stop))?, streams))
        });
    let played = match played {
        Ok(played) => played,
        Err(Error::Sink(error)) => match error.downcast::<DumpError>() {
            Ok(error) => bail!(*error),
            Err(other) => bail!(other),
        },
        Err(error) => {
            tracing::error!("{error}");
            return Ok(error.exit());
        }
    };
    let missing = played.pipeline.publisher.instruments().missing();
    let Rows { sieve, enough, .. } = played.pipeline.publisher.into_sink();
    let written = args.finish(sieve)?;
    if let Some(error) = played.error {
        // What could be read of it is written.
        tracing::error!("{error}");
        return Ok(Exit::Failed);
    }
    if played.stopped && !enough {
        bail!(DumpError::Interrupted { rows: written.rows });
    }
    if !missing.is_empty() && !enough {
        let names: Vec<_> = missing.iter().map(|symbol| format!("`{symbol}`")).collect();
        bail!(DumpError::NoSuchSymbol(names.join(", ")));
    }
    Ok(Exit::Ok)
}

/// The streams that were asked for, or all that there are.
fn streams(args: &Args, opened: &Opened) -> Result<Streams, DumpError> {
    let Some(asked) = args.publish.or(args.dbn.publish()) else { return Ok(opened.streams) };
    asked.check_venue(opened.venue).map_err(DumpError::NotSent)?;
    Ok(asked.into())
}

/// What Databento calls a venue's data where it has them; else what we call it.
fn dataset(venue: Venue) -> &'static str {
    match venue {
        Venue::NasdaqItch50 => "XNAS.ITCH",
        Venue::IexTops => "IEXG.TOPS",
        Venue::CmeMdp3 => "GLBX.MDP3",
        other => other.name(),
    }
}

impl From<DumpError> for Error {
    fn from(error: DumpError) -> Error {
        Error::Sink(Box::new(error))
    }
}

/// Takes the records of a feed in place of a ring.
struct Rows {
    sieve: Sieve,
    /// Whether nothing more is wanted.
    enough: bool,
    /// From then on, by the venue's clock, no message is wanted.
    end: u64,
    /// Messages in a row that were behind the end.
    behind: u32,
    taken: u64,
    stop: Arc<AtomicBool>,
}

impl Rows {
    /// Rows of a file's records. Ends the loop by `stop`.
    fn new(
        args: &Args,
        opened: &Opened,
        streams: Streams,
        instruments: &Instruments,
        stop: Arc<AtomicBool>,
    ) -> Result<Rows, DumpError> {
        let window = args.window(opened.epoch)?;
        // The next file may be of the next day.
        let end = window.end().filter(|_| args.sources.len() == 1);
        let end = end.map_or(u64::MAX, |end| end.saturating_add(BEHIND_NS));
        // What is of other symbols is not followed in the first place.
        let selection = Selection::new(&args.kinds, Vec::new(), window);
        let sieve =
            args.sieve(dataset(opened.venue), streams, opened.epoch, instruments, selection)?;
        Ok(Rows { sieve, enough: false, end, behind: 0, taken: 0, stop })
    }
}

impl Sink for Rows {
    const WATCHES: bool = true;

    fn goes_on(&mut self, exchange_ts: u64) -> bool {
        self.behind = if exchange_ts < self.end { 0 } else { self.behind + 1 };
        self.enough |= self.behind == BEHIND;
        !self.enough
    }

    fn publish(&mut self, record: Record) -> Result<(), Full> {
        if !self.enough {
            let record = Record { number: self.taken, ..record };
            self.taken += 1;
            self.enough = self.sieve.take(&record) == Err(Enough);
        }
        if self.enough {
            // Relaxed: the flag carries nothing but itself.
            self.stop.store(true, Ordering::Relaxed);
            return Err(Full);
        }
        Ok(())
    }

    fn published(&self) -> u64 {
        self.taken
    }
}
