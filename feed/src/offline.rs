//! The feed's loop in the caller's thread, without a ring: for whoever wants to see what strategies
//! would be told, or the books behind it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tickline_shared::clock::{Clock, ClockKind, Scale};
use tickline_shared::instruments::Instruments as Table;
use tickline_shared::ring::layout::Streams;

use crate::books::Books;
use crate::pace::Pacer;
use crate::pipeline::{Ending, Pipeline};
use crate::play::play_item;
use crate::playlist::Playlist;
use crate::process::{Error, instruments};
use crate::publish::{Publisher, Sink};
use crate::scenario::{FeedConfig, Speed};
use crate::session::Sessions;
use crate::stream::Opened;

/// A clock that stands still: nobody asks how long what took.
#[derive(Clone, Copy, Debug)]
pub struct Still;

impl Clock for Still {
    const KIND: ClockKind = ClockKind::Monotonic;

    #[inline(always)]
    fn now() -> u64 {
        0
    }
}

/// What was played.
pub struct Played<S> {
    /// The counts, the books and the sink as they are at the end.
    pub pipeline: Pipeline<Still, S>,
    /// Whether the sink, or whoever set the stop flag, ended it before the end of the source.
    pub stopped: bool,
    /// What ended it before the end; what was played before counts.
    pub error: Option<Error>,
}

/// Plays the sources of a feed's table as fast as it goes. `sink` gets the first file, once it is
/// open, and the table that will hold its instruments; it says which streams it wants and where they
/// go. What paces and places a feed in the table is ignored.
///
/// # Errors
/// What is wrong with the first file, with the streams for its venue, or with the memory for books.
pub fn play<S: Sink>(
    config: &FeedConfig,
    stop: Arc<AtomicBool>,
    sink: impl FnOnce(&Opened, &Table) -> Result<(S, Streams), Error>,
) -> Result<Played<S>, Error> {
    let mut playlist = Playlist::new(config);
    let first = playlist.next().expect("a table names at least one source")?;
    let (venue, live_orders) = (first.opened.venue, config.live_orders);
    let books =
        Books::of(venue, live_orders).map_err(|source| Error::Book { live_orders, source })?;
    let instruments = instruments(config, venue)?;
    let (sink, streams) = sink(&first.opened, &instruments.registry().instruments())?;
    playlist.demand(&first.opened, streams.into())?;
    let publisher = Publisher::new(sink, books.orders, instruments, streams, Arc::clone(&stop));
    let mut pipeline = Pipeline {
        pacer: Pacer::new(Speed::Max, Scale::measure::<Still>()),
        counts: Default::default(),
        publisher: publisher.keeping(books.levels),
        stop,
        span: None,
        turned: None,
        exchange_ts: 0,
        waited: false,
    };
    let mut sessions = Some(Sessions::default());
    let (mut stopped, mut error) = (false, None);
    for item in std::iter::once(Ok(first)).chain(playlist) {
        let played = item.map_err(Error::from);
        match played.and_then(|item| play_item(&mut pipeline, item, &mut sessions)) {
            Ok(Ending::End) => continue,
            Ok(Ending::Stopped) => stopped = true,
            Err(failed) => error = Some(failed),
        }
        break;
    }
    pipeline.counts.lines = sessions.map(|sessions| sessions.lines()).unwrap_or_default();
    Ok(Played { pipeline, stopped, error })
}
