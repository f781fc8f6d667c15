//! The thread beside the loop: writes each interval to the log and to the live view.
//!
//! It sleeps, takes an interval when one is there, and works on it for a fraction of a
//! millisecond. On a machine where every core is busy that work delays one of the loops once a
//! second; that is the price of a log with one interval a second.
//!
//! A tag is a stage, `total`, or a part of one where the scenario asks for a breakdown: the stage,
//! `:`, what splits it, `=` and the row, as in `total:kind=Quote`. [`crate::breakdown::tag`] says
//! how symbols are made fit for it. A row without a value in an interval has no line there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use thiserror::Error;
use tickline_shared::clock::{Scale, monotonic_ns, unix_ns};
use tickline_shared::latency::{LiveLatency, Percentiles, Stage, histogram};
use tickline_shared::memory::Shared;
use tickline_shared::ring::layout::ReaderRegion;
use tickline_shared::summary::StageSummary;

use crate::breakdown::Rows;
use crate::recorder::{Exchange, Interval};
use crate::spikes::Watch;

/// How long the thread sleeps between two looks at the exchange.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The log could not be written.
#[derive(Debug, Error)]
#[error("cannot write the latency log {}: {reason}", .path.display())]
pub struct LogError {
    path: PathBuf,
    reason: String,
}

/// What turns a stamp into a time of day.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// A moment in cycles…
    pub cycles: u64,
    /// …and the same in ns since the Unix epoch.
    pub unix_ns: u64,
    /// How long a cycle is.
    pub scale: Scale,
}

impl Anchor {
    fn time(&self, cycles: u64) -> Duration {
        Duration::from_nanos(self.unix_ns_at(cycles))
    }

    /// A moment in cycles as ns since the Unix epoch.
    pub fn unix_ns_at(&self, cycles: u64) -> u64 {
        let distance = self.scale.nanos(cycles.abs_diff(self.cycles));
        match cycles >= self.cycles {
            true => self.unix_ns.saturating_add(distance),
            false => self.unix_ns.saturating_sub(distance),
        }
    }

    /// The anchor of this moment.
    pub fn now(cycles: u64, scale: Scale) -> Anchor {
        Anchor { cycles, unix_ns: unix_ns(), scale }
    }
}

/// The thread, and what it gives back.
pub struct LatencyLog {
    stop: Arc<AtomicBool>,
    shown: Arc<Mutex<Shown>>,
    thread: JoinHandle<Result<Sum, LogError>>,
}

/// The live view and where it is shown; the lock keeps the view at one writer.
#[derive(Default)]
struct Shown {
    region: Option<Shared<ReaderRegion>>,
    live: LiveLatency,
}

impl Shown {
    fn write(&self) {
        if let Some(region) = &self.region {
            region.live.write(&self.live);
        }
    }
}

/// Everything that was recorded.
pub struct Sum {
    /// One histogram a stage, in the order of [`Stage::ALL`].
    pub stages: [Histogram<u64>; 4],
    /// Parts of one of them.
    pub rows: Rows,
}

impl Sum {
    fn new() -> Sum {
        Sum { stages: std::array::from_fn(|_| histogram()), rows: Rows::default() }
    }

    /// The stages by name, for the summary.
    pub fn stages(&self) -> BTreeMap<String, StageSummary> {
        let stages = Stage::ALL.iter().zip(&self.stages);
        let named = |(stage, sum): (&Stage, _)| {
            (stage.name().to_owned(), StageSummary::from_histogram(sum))
        };
        stages.map(named).collect()
    }
}

impl LatencyLog {
    /// Starts the thread; call it before the process pins itself. Without a path nothing is
    /// written, but the live view and the sums are kept all the same. `watch` is looked at with
    /// each interval.
    pub fn start(
        path: Option<&Path>,
        exchange: Arc<Exchange>,
        anchor: Anchor,
        watch: Option<Watch>,
    ) -> Result<LatencyLog, LogError> {
        let sink = match path {
            Some(path) => Sink::create(path, anchor)?,
            None => Sink::Nowhere,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let shown = Arc::default();
        let (seen, sum) = (Arc::clone(&shown), Sum::new());
        let worker = Worker { sink, exchange, anchor, shown: seen, sum, watch };
        let thread = std::thread::Builder::new()
            .name("latency".into())
            .spawn(move || worker.work(&stopped))
            .map_err(|error| LogError {
                path: path.unwrap_or(Path::new("-")).to_owned(),
                reason: error.to_string(),
            })?;
        Ok(LatencyLog { stop, shown, thread })
    }

    /// Shows what was recorded in the memory of this reader from now on.
    pub fn attach(&self, region: Shared<ReaderRegion>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.region = Some(region);
        // What was recorded with a feed before goes on here.
        shown.write();
    }

    /// Ends the log with the last interval.
    pub fn finish(self, exchange: &Exchange, last: Box<Interval>) -> Result<Sum, LogError> {
        // The thread takes what is there before it stops; then the last one follows.
        while exchange.full.take().is_some_and(|waiting| {
            exchange.full.store(Some(waiting));
            true
        }) {
            std::thread::sleep(Duration::from_millis(1));
            self.thread.thread().unpark();
        }
        exchange.full.store(Some(last));
        // Release: the thread that sees the flag finds the interval.
        self.stop.store(true, Ordering::Release);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

enum Sink {
    File { path: PathBuf, file: BufWriter<File>, serializer: V2DeflateSerializer },
    Nowhere,
}

impl Sink {
    fn create(path: &Path, anchor: Anchor) -> Result<Sink, LogError> {
        let failed =
            |error: std::io::Error| LogError { path: path.to_owned(), reason: error.to_string() };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        let start = UNIX_EPOCH + Duration::from_nanos(anchor.unix_ns);
        header(&mut file, start).map_err(failed)?;
        let serializer = V2DeflateSerializer::new();
        Ok(Sink::File { path: path.to_owned(), file, serializer })
    }

    /// Writes an interval, one line a stage and row. Whole lines reach the file: a process that is
    /// killed leaves a log that ends with its last interval.
    fn write(&mut self, interval: &Interval, anchor: Anchor) -> Result<(), LogError> {
        let Sink::File { path, file, serializer } = self else { return Ok(()) };
        let (start, end) = (anchor.time(interval.start), anchor.time(interval.end));
        // In ms, as the reference readers expect of a log in ns.
        let mut log = IntervalLogWriterBuilder::new();
        let mut lines = Vec::with_capacity(4096);
        let mut writer = log
            .with_max_value_divisor(1.0)
            .begin_log_with(&mut lines, serializer)
            .expect("a Vec takes everything");
        let stages = Stage::ALL.iter().zip(&interval.stages);
        let stages = stages.map(|(stage, histogram)| (stage.name().to_owned(), histogram));
        for (name, histogram) in stages.chain(interval.rows.tagged()) {
            let tag = Tag::new(&name).expect("names of stages and rows are valid tags");
            writer
                .write_histogram(histogram, start, end.saturating_sub(start), Some(tag))
                .map_err(|error| LogError { path: path.clone(), reason: error.to_string() })?;
        }
        file.write_all(&lines)
            .and_then(|()| file.flush())
            .map_err(|error| LogError { path: path.clone(), reason: error.to_string() })
    }
}

/// The first lines of a log, as the reference implementation writes them.
fn header(file: &mut impl Write, start: SystemTime) -> std::io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("[Latencies in nanoseconds; tags are stages: decode, hop, strategy, total]")
        .add_comment("[Tags with a colon are parts of a stage, as total:kind=Quote, in two digits]")
        .with_start_time(start)
        .begin_log_with(file, &mut serializer)?;
    writeln!(
        file,
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\
         \"Interval_Compressed_Histogram\""
    )?;
    file.flush()
}

struct Worker {
    sink: Sink,
    exchange: Arc<Exchange>,
    anchor: Anchor,
    shown: Arc<Mutex<Shown>>,
    sum: Sum,
    watch: Option<Watch>,
}

impl Worker {
    fn work(mut self, stopped: &AtomicBool) -> Result<Sum, LogError> {
        let mut result: Result<(), LogError> = Ok(());
        loop {
            // Acquire: pairs with `finish`. Read first: the last interval is then taken below.
            let last = stopped.load(Ordering::Acquire);
            let full = self.exchange.full.take();
            if let Some(watch) = &mut self.watch {
                watch.note(full.is_some());
            }
            if let Some(mut interval) = full {
                // A full disk costs the rest of the log, not the sums, and not the run.
                if let Err(error) = self.sink.write(&interval, self.anchor) {
                    tracing::warn!("{error}");
                    (result, self.sink) = (Err(error), Sink::Nowhere);
                }
                self.add(&interval);
                interval.reset();
                self.exchange.spare.store(Some(interval));
            }
            if last {
                return result.map(|()| self.sum);
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    fn add(&mut self, interval: &Interval) {
        self.sum.rows.add(&interval.rows);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let live = &mut shown.live;
        live.written_ns = monotonic_ns();
        live.interval_ns = self.anchor.scale.nanos(interval.end.saturating_sub(interval.start));
        for (index, histogram) in interval.stages.iter().enumerate() {
            let sum = &mut self.sum.stages[index];
            sum.add(histogram).expect("all histograms have the same bounds");
            live.interval[index] = Percentiles::of(histogram);
            live.since_start[index] = Percentiles::of(sum);
            for value in histogram.iter_recorded() {
                let count = value.count_since_last_iteration();
                live.buckets[index].add(value.value_iterated_to(), count);
            }
        }
        shown.write();
    }
}
