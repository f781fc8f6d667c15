//! A strategy's process: from its command line to its part of the summary.
//!
//! The main thread attaches and then sleeps on the connection; the loop has a thread of its own,
//! which is the one that is pinned. Everything the loop needs is made before it attaches, because
//! the feed may publish from that moment on.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use clap::Parser;
use tickline_shared::attach::{self, AttachError, Attached, directory};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Tsc};
use tickline_shared::exit::Exit;
use tickline_shared::idle_states;
use tickline_shared::memory::Shared;
use tickline_shared::process::log::LogArgs;
use tickline_shared::process::service::{self, Watchdog};
use tickline_shared::process::{self, keep_earlier, write_file};
use tickline_shared::ring::layout::{Geometry, ReaderRegion};
use tickline_shared::scenario::{RingConfig, Scenario, Unread};
use tickline_shared::summary::StrategySummary;

mod error;
mod work;

use crate::breakdown::{Breakdown, Split, Whole};
use crate::idle::Idle;
use crate::log::{Anchor, LatencyLog};
use crate::recorder::{Recorded, Recorder, Totals};
use crate::run::{Ending, Notices, Strategy};
use crate::scenario::StrategyConfig;
use crate::signals::Signals;
use crate::spikes::Spikes;
use crate::wake_up::WakeUp;
pub use error::Error;
use work::{Cost, Loop};

/// How often a strategy looks for a feed that is not there.
const LOOK_FOR_FEED: Duration = Duration::from_millis(50);

/// Runs one strategy of a scenario in this process.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Args {
    /// The scenario file.
    pub scenario: PathBuf,

    /// Which `[[strategy]]` of the scenario this process is.
    #[arg(long)]
    pub name: String,

    /// Folder for `latency-NAME.hlog`, `strategy-NAME.json` and `signals-NAME.csv`; it must
    /// exist. Without it the figures are printed.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// End when the feed is gone, instead of waiting for it to come back.
    #[arg(long)]
    pub once: bool,

    /// Process that started this one: stop when it dies.
    #[arg(long, value_name = "PID", hide = true)]
    pub launcher: Option<u32>,

    /// How it logs.
    #[command(flatten)]
    pub log: LogArgs,
}

/// The `main` of a strategy's program: reads the command line and the scenario, makes the strategy
/// for the ring that it will read, and runs it.
pub fn main<S: Strategy + Send>(make: impl FnOnce(&Geometry) -> io::Result<S>) -> Exit {
    let args = Args::parse();
    args.log.start();
    end(start(&args).and_then(|process| process.run(make)))
}

/// Turns the end of a process into its exit code, and an error into a line.
pub fn end(result: Result<Exit, Error>) -> Exit {
    result.unwrap_or_else(|error| {
        tracing::error!("{error}");
        error.exit()
    })
}

/// Reads the scenario and finds the strategy in it.
pub fn start(args: &Args) -> Result<Process, Error> {
    if let Some(launcher) = args.launcher {
        process::follow(launcher)?;
    }
    process::touch_program();
    let scenario = Scenario::<Unread, StrategyConfig>::load(&args.scenario)?;
    let known: Vec<_> = scenario.strategies.iter().map(|s| format!("`{}`", s.name)).collect();
    let config = scenario.strategies.into_iter().find(|s| s.name == args.name);
    let config = config.ok_or_else(|| Error::NoSuchStrategy {
        scenario: args.scenario.clone(),
        name: args.name.clone(),
        known: known.join(", "),
    })?;
    let notices = Notices { stop: process::stop_flag()?, ..Notices::default() };
    let (out, once) = (args.out.clone(), args.once);
    Ok(Process { config, ring: scenario.ring, out, once, notices })
}

/// A strategy's process.
pub struct Process {
    /// Its table in the scenario.
    pub config: StrategyConfig,
    ring: RingConfig,
    out: Option<PathBuf>,
    once: bool,
    notices: Notices,
}

impl Process {
    /// Waits for the feed, runs the strategy until it ends, and writes what it found.
    pub fn run<S: Strategy + Send>(
        self,
        make: impl FnOnce(&Geometry) -> io::Result<S>,
    ) -> Result<Exit, Error> {
        if self.config.lock_memory {
            process::lock_memory();
        }
        let Some(geometry) = self.wait_for_ring()? else { return Ok(Exit::Ok) };
        let strategy = make(&geometry)
            .map_err(|source| Error::Strategy { name: self.config.name.clone(), source })?;
        match geometry.clock {
            ClockKind::Tsc => self.run_by::<S, Tsc>(strategy, &geometry),
            ClockKind::Monotonic => self.run_by::<S, Monotonic>(strategy, &geometry),
        }
    }

    /// The ring's constants, once there is a feed; `None` if told to stop before.
    fn wait_for_ring(&self) -> Result<Option<Geometry>, AttachError> {
        let ring = &self.ring.name;
        self.until_there(|| Ok(attach::observe(ring)?.geometry))
    }

    /// Tries until there is a feed, or until told to stop.
    fn until_there<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, AttachError>,
    ) -> Result<Option<T>, AttachError> {
        let mut told = false;
        // Relaxed: the flag carries nothing but itself.
        while !self.notices.stop.load(Ordering::Relaxed) {
            match attempt() {
                Ok(done) => return Ok(Some(done)),
                Err(error @ AttachError::NoFeed { .. }) => {
                    if !told {
                        tracing::info!("waiting: {error}");
                        service::status(&format!(
                            "waiting for the feed of ring {}",
                            self.ring.name
                        ));
                        told = true;
                    }
                }
                Err(error) => return Err(error),
            }
            std::thread::sleep(LOOK_FOR_FEED);
        }
        Ok(None)
    }

    /// The loop is another one where a stage is split.
    fn run_by<S: Strategy + Send, C: Clock>(
        self,
        strategy: S,
        geometry: &Geometry,
    ) -> Result<Exit, Error> {
        match self.config.breakdown.as_ref().map(Split::new) {
            Some(split) => self.run_with::<S, C, Split>(strategy, split, geometry),
            None => self.run_with::<S, C, Whole>(strategy, Whole, geometry),
        }
    }

    fn run_with<S: Strategy + Send, C: Clock, B: Breakdown + Send>(
        self,
        strategy: S,
        breakdown: B,
        geometry: &Geometry,
    ) -> Result<Exit, Error> {
        let anchor = Anchor::now(C::now(), geometry.scale);
        let mut recorder = Recorder::with(breakdown, geometry.scale, anchor.cycles);
        let watch = self.config.spikes.map(|config| {
            let (spikes, watch) = Spikes::new(config, self.config.core, C::now);
            recorder.keep(spikes);
            watch
        });
        let exchange = recorder.exchange();
        let path = self.file("latency", "hlog");
        path.as_deref().inspect(|path| keep_earlier(path));
        let log = LatencyLog::start(path.as_deref(), Arc::clone(&exchange), anchor, watch)?;
        let mut work = Loop::<S, C, B> {
            strategy,
            signals: Signals::default(),
            recorder,
            idle: Idle::new(&self.config.wait, geometry.scale),
            cost: Cost::default(),
        };
        let ending = self.serve(&mut work, &log)?;
        service::stopping();
        let Loop { strategy, signals, recorder, cost, .. } = work;
        let Recorded { last, totals, spikes } = recorder.finish(C::now());
        let sums = log.finish(&exchange, last)?;
        let rate = totals.received as f64 / cost.seconds(geometry).max(1e-9);
        let summary = StrategySummary {
            name: self.config.name.clone(),
            received: totals.received,
            lost: totals.lost,
            parks: totals.parks,
            clamped: totals.clamped,
            stages: sums.stages(),
            overruns: totals.overruns,
            gaps: totals.overruns,
            wakeups: totals.wakeups,
            signals: signals.count(),
            allocations: cost.allocations,
            page_faults: cost.page_faults,
            messages_per_second: rate.round() as u64,
            cpu: self.config.core,
            restarts: 0,
            spike_limit: spikes.as_ref().map(|spikes| spikes.limit()),
            spikes: spikes.map(|spikes| spikes.summary(&anchor)).unwrap_or_default(),
            breakdown: sums.rows.summary(),
        };
        self.write(&strategy, &signals, &summary)?;
        Ok(exit(ending, &totals))
    }

    /// Attaches and reads until the run ends; again, whenever the feed comes back.
    fn serve<S: Strategy + Send, C: Clock, B: Breakdown + Send>(
        &self,
        work: &mut Loop<S, C, B>,
        log: &LatencyLog,
    ) -> Result<Ending, Error> {
        let (ring, config) = (&self.ring.name, &self.config);
        // The memory in which the loop gives signs of life; `None` while there is none.
        let pulse = Arc::<Mutex<Option<Shared<ReaderRegion>>>>::default();
        let _watchdog = watchdog(Arc::clone(&pulse));
        let mut wake_up = WakeUp::new(config.idle, Path::new(idle_states::DEVICE));
        loop {
            let ended = std::thread::scope(|scope| {
                // Until the loop has ended: while there is no feed, cores may sleep.
                let _shallow = wake_up.hold();
                // The loop's thread is on its core before the feed learns of it.
                let (pinned, is_pinned) = mpsc::sync_channel(1);
                let (give, take) = mpsc::sync_channel::<Attached>(1);
                let work = &mut *work;
                let worker = std::thread::Builder::new().name(config.name.clone()).spawn_scoped(
                    scope,
                    move || {
                        let _ = pinned.send(process::settle(config.core, config.priority));
                        process::touch_stack();
                        let attached = take.recv().ok()?;
                        Some(work.read(attached, &self.notices))
                    },
                );
                let worker = worker
                    .map_err(|source| Error::Strategy { name: config.name.clone(), source })?;
                is_pinned.recv().expect("the thread sends before it waits")?;
                let attempt = || attach::attach(ring, &config.name, config.reader);
                let Some(attached) = self.until_there(attempt)? else { return Ok(Ending::Stopped) };
                tracing::info!(
                    "attached to ring {ring} at record {}, feed is process {}",
                    attached.reader.next(),
                    attached.connection.feed_pid()
                );
                log.attach(attached.region.clone());
                let watched = attached.region.clone();
                self.notices.feed_gone.store(false, Ordering::Relaxed);
                let (connection, waker) =
                    (Arc::clone(&attached.connection), attached.reader.waker());
                let _ = give.send(attached);
                *pulse.lock().unwrap_or_else(PoisonError::into_inner) = Some(watched);
                service::ready(&format!("attached to ring {ring}"));
                connection.wait_gone(None);
                // Release: what the feed committed before it went is seen by who sees the flag.
                self.notices.feed_gone.store(true, Ordering::Release);
                waker.wake();
                let ending = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                *pulse.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok::<_, Error>(ending.expect("the thread was given a reader"))
            })?;
            if ended != Ending::FeedGone {
                return Ok(ended);
            }
            tracing::warn!(
                "the feed of ring {ring} is gone; every record that it committed was read, {} so far",
                work.recorder.totals().received
            );
            directory::sweep(ring);
            if self.once {
                return Ok(Ending::FeedGone);
            }
            tracing::info!("waiting for the feed to come back");
            if self.wait_for_ring()?.is_none() {
                return Ok(Ending::FeedGone);
            }
        }
    }

    fn file(&self, kind: &str, extension: &str) -> Option<PathBuf> {
        let name = format!("{kind}-{}.{extension}", self.config.name);
        self.out.as_deref().map(|out| Path::new(out).join(name))
    }

    fn write<S: Strategy>(
        &self,
        strategy: &S,
        signals: &Signals,
        summary: &StrategySummary,
    ) -> Result<(), Error> {
        let json = serde_json::to_vec_pretty(summary).expect("a summary is plain data");
        match self.file("strategy", "json") {
            Some(path) => write_file(&path, &json)?,
            None => tracing::info!("{}", String::from_utf8_lossy(&json)),
        }
        if let Some(path) = self.file("signals", "csv").filter(|_| signals.count() > 0) {
            let mut csv = Vec::new();
            signals.write_csv(&mut csv).expect("a Vec takes everything");
            write_file(&path, &csv)?;
        }
        let mut out = io::stdout().lock();
        // Whoever closed the pipe does not want the report.
        let _ = strategy.report(&mut out).and_then(|()| out.flush());
        Ok(())
    }
}

/// Tells the service manager that the loop is alive: it gives a sign at each interval of its log,
/// and whenever it goes to sleep.
fn watchdog(pulse: Arc<Mutex<Option<Shared<ReaderRegion>>>>) -> Watchdog {
    Watchdog::start(move || {
        let region = pulse.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed: nothing but the time itself is read.
        region.as_ref().map(|region| region.heartbeat_ns.0.load(Ordering::Relaxed))
    })
}

fn exit(ending: Ending, totals: &Totals) -> Exit {
    match ending {
        Ending::FeedGone => Exit::PeerGone,
        Ending::Finished | Ending::Stopped if totals.lost > 0 => {
            tracing::warn!("{} records were lost in {} overruns", totals.lost, totals.overruns);
            Exit::Ok
        }
        Ending::Finished | Ending::Stopped => Exit::Ok,
    }
}
