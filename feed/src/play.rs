//! Playing a list: lets the strategies in, and plays one stream after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tickline_shared::allocations::allocations;
use tickline_shared::attach::Server;
use tickline_shared::clock::Clock;
use tickline_shared::process::{page_faults, touch_stack};

use crate::framing::Framing;
use crate::pipeline::{Ending, Pipeline};
use crate::playlist::{self, Item};
use crate::process::Error;
use crate::publish::{Sink, Stamp};
use crate::session::Sessions;
use crate::source;
use crate::stream::{Stream, fits};
use crate::venue::market::Decoder;
use crate::venue::{Venue, WithDecoder};

/// How long the feed waits, once all strategies are there, before the first message: their loops
/// are then running.
const SETTLE: Duration = Duration::from_millis(20);

/// How often a feed that waits for its next file is seen to be alive.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_millis(50);

/// What came of playing.
pub struct Played {
    /// What the loop cost.
    pub cost: Cost,
    /// Whether the feed was told to stop.
    pub interrupted: bool,
    /// Why it ended before the end; what was played before counts.
    pub error: Option<Error>,
}

/// What the loop cost its thread.
pub struct Cost {
    /// Allocations; `None` if the program does not count them.
    pub allocations: Option<u64>,
    /// Page faults.
    pub page_faults: u64,
}

/// Plays what comes through `take`, once every strategy is there. The run is not ended: strategies
/// go on waiting.
pub fn play<C: Clock, S: Sink>(
    pipeline: &mut Pipeline<C, S>,
    take: &Receiver<Result<Item, playlist::Error>>,
    all_there: impl Fn() -> bool,
    stop: &AtomicBool,
) -> Result<Played, Error> {
    touch_stack();
    let mut ready = wait_for_readers(pipeline, all_there, stop);
    let (mut faults, mut allocated) = (0, None);
    let (mut interrupted, mut error) = (!ready, None);
    let mut sessions = Some(Sessions::default().touched());
    while let Some(item) = next_item(pipeline, take) {
        let item = match item {
            Ok(item) if !interrupted => item,
            Ok(_) => break,
            Err(failed) => {
                error = Some(failed.into());
                break;
            }
        };
        if std::mem::take(&mut ready) {
            item.opened.stream.wait_ready();
            (faults, allocated) = (page_faults(), allocations());
        }
        match play_item(pipeline, item, &mut sessions) {
            Ok(Ending::End) => {}
            Ok(Ending::Stopped) => interrupted = true,
            Err(failed) => {
                error = Some(failed);
                break;
            }
        }
    }
    let cost = Cost {
        allocations: allocations().zip(allocated).map(|(after, before)| after - before),
        page_faults: page_faults() - faults,
    };
    pipeline.counts.lines = sessions.map(|sessions| sessions.lines()).unwrap_or_default();
    pipeline.show();
    Ok(Played { cost, interrupted, error })
}

/// What is to be played next; shows signs of life until it is there.
fn next_item<C: Clock, S: Sink>(
    pipeline: &mut Pipeline<C, S>,
    take: &Receiver<Result<Item, playlist::Error>>,
) -> Option<Result<Item, playlist::Error>> {
    loop {
        match take.recv_timeout(SIGN_OF_LIFE_EVERY) {
            Ok(item) => return Some(item),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => pipeline.publisher.sink().service(),
        }
    }
}

/// Lets strategies in until all are there. Whether they are, or the feed was told to stop.
fn wait_for_readers<C: Clock, S: Sink>(
    pipeline: &mut Pipeline<C, S>,
    all_there: impl Fn() -> bool,
    stop: &AtomicBool,
) -> bool {
    let mut settled = None;
    loop {
        // Relaxed: the flag carries nothing but itself.
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        pipeline.publisher.sink().service();
        match settled {
            None if all_there() => settled = Some(Instant::now()),
            Some(since) if since.elapsed() >= SETTLE => return true,
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether every strategy expected is attached.
pub fn all_there(server: &Server, expected: &[String]) -> bool {
    let there = server.readers();
    expected.iter().all(|name| there.contains(name))
}

/// Plays one stream as often as it should be. `sessions` are those of the stream before.
pub(crate) fn play_item<C: Clock, S: Sink>(
    pipeline: &mut Pipeline<C, S>,
    item: Item,
    sessions: &mut Option<Sessions>,
) -> Result<Ending, Error> {
    if item.anew {
        begin_anew(pipeline);
        sessions.iter_mut().for_each(Sessions::restart);
    }
    let (venue, times) = (item.opened.venue, item.times);
    pipeline.counts.venue = Some(venue);
    pipeline.publisher.passing(item.opened.streams);
    with_stream!(item.opened.stream, stream => {
        play_stream(pipeline, stream, venue, times, sessions)
    })
}

fn play_stream<C: Clock, S: Sink, F: Framing>(
    pipeline: &mut Pipeline<C, S>,
    mut stream: Stream<F>,
    venue: Venue,
    times: u64,
    sessions: &mut Option<Sessions>,
) -> Result<Ending, Error> {
    if let Some(sessions) = sessions.take() {
        stream.resume(sessions);
    }
    let ending = play_turns(pipeline, &mut stream, venue, times);
    *sessions = Some(stream.into_sessions());
    ending
}

fn play_turns<C: Clock, S: Sink, F: Framing>(
    pipeline: &mut Pipeline<C, S>,
    stream: &mut Stream<F>,
    venue: Venue,
    times: u64,
) -> Result<Ending, Error> {
    for turn in 0..times {
        if turn > 0 {
            begin_anew(pipeline);
            stream.restart()?;
        }
        pipeline.pacer.restart();
        let ended = venue.with(Run { pipeline, stream });
        // Told to stop while waiting for room: the loop has seen the flag too, or will.
        let _ = pipeline.publisher.settle();
        if turn == 0 {
            tell(stream);
        }
        let ending = ended?;
        if ending == Ending::Stopped {
            return Ok(ending);
        }
    }
    Ok(Ending::End)
}

/// What whoever reads the log should know of a file that was played.
fn tell<F: Framing>(stream: &Stream<F>) {
    for note in stream.notes() {
        tracing::info!("{}: {note}", stream.path().display());
    }
}

/// The loop, compiled for each venue and each framing that its messages come in.
struct Run<'a, C, S, F> {
    pipeline: &'a mut Pipeline<C, S>,
    stream: &'a mut Stream<F>,
}

impl<C: Clock, S: Sink, F: Framing> WithDecoder for Run<'_, C, S, F> {
    type Output = Result<Ending, source::Error>;

    fn with<D: Decoder>(self) -> Self::Output {
        if const { !fits::<D, F>() } {
            unreachable!("a file is opened with a framing of its venue");
        }
        self.pipeline.run::<D, F>(self.stream)
    }
}

/// The same data comes again: what it said before is void.
fn begin_anew<C: Clock, S: Sink>(pipeline: &mut Pipeline<C, S>) {
    let stamp = Stamp { sequence: 0, exchange_ts: pipeline.exchange_ts, ingress: C::now() };
    // Told to stop while waiting for room: the loop will see the flag too.
    let _ = pipeline.publisher.clear(stamp);
}
