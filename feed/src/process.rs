//! The feed's process: from its command line to its part of the summary.
//!
//! The loop has a thread of its own, which is the one that is pinned. The main thread opens files
//! for it; a third one serves the socket, and where the scenario asks for it a fourth one the
//! metrics page. All but the first sleep nearly always.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use clap::Parser;
use serde::{Deserialize, Serialize};
use tickline_shared::attach::{Roll, Server};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::exit::Exit;
use tickline_shared::memory::{Region, Shared};
use tickline_shared::process::log::LogArgs;
use tickline_shared::process::service::{self, Watchdog};
use tickline_shared::process::{self, ProcessError, write_file};
use tickline_shared::ring::layout::{Geometry, Header, SLOTS_OFFSET, ring_bytes};
use tickline_shared::ring::writer::{Roster, Writer};
use tickline_shared::scenario::{Pages, Restart, Scenario};
use tickline_shared::summary::{Environment, FeedSummary};

use crate::books::Books;
use crate::instruments::Instruments;
use crate::metrics::{Build, Lookout, MetricsServer, Reserved};
use crate::pace::Pacer;
use crate::pipeline::Pipeline;
use crate::play::{Played, all_there, play};
use crate::playlist::{Item, Playlist};
use crate::publish::Publisher;
use crate::report;
use crate::scenario::{FeedConfig, InstrumentConfig};
use crate::venue::Venue;

mod error;
mod expected;

pub use error::Error;
use expected::Expected;

/// Plays captures into a ring.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Args {
    /// The scenario file.
    pub scenario: PathBuf,

    /// Folder for feed.json; it must exist. Without it the figures are printed.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Process that started this one: stop when it dies.
    #[arg(long, value_name = "PID", hide = true)]
    pub launcher: Option<u32>,

    /// How it logs.
    #[command(flatten)]
    pub log: LogArgs,
}

/// What a feed leaves in its folder, for the launcher to put together.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct FeedReport {
    /// The machine as the feed found it.
    pub environment: Environment,
    /// What it played and published.
    pub feed: FeedSummary,
}

/// `main` of `tickline-feed`.
pub fn main() -> Exit {
    let args = Args::parse();
    args.log.start();
    run(&args).unwrap_or_else(|error| {
        tracing::error!("{error}");
        error.exit()
    })
}

fn run(args: &Args) -> Result<Exit, Error> {
    if let Some(launcher) = args.launcher {
        process::follow(launcher)?;
    }
    process::touch_program();
    let scenario = Scenario::<FeedConfig, Expected>::load(&args.scenario)?;
    match ClockKind::detect() {
        ClockKind::Tsc => Feed::<Tsc>::prepare(scenario, args.out.clone())?.run(),
        ClockKind::Monotonic => {
            tracing::warn!(
                "the cycle counter of this machine is not invariant: stamps come from \
                 CLOCK_MONOTONIC and cost about 10 ns more each; on bare metal see `tickline doctor`"
            );
            Feed::<Monotonic>::prepare(scenario, args.out.clone())?.run()
        }
    }
}

/// A feed that is ready to play.
struct Feed<C> {
    config: FeedConfig,
    /// Strategies to wait for.
    expected: Vec<String>,
    out: Option<PathBuf>,
    playlist: Playlist,
    first: Item,
    ring: String,
    header: Shared<Header>,
    server: Server,
    metrics: Option<MetricsServer>,
    pipeline: Pipeline<C>,
    environment: Environment,
}

impl<C: Clock> Feed<C> {
    fn prepare(
        scenario: Scenario<FeedConfig, Expected>,
        out: Option<PathBuf>,
    ) -> Result<Feed<C>, Error> {
        let (config, ring) = (scenario.feed, scenario.ring);
        let stop = process::stop_flag()?;
        // Early: who watches feeds by their metrics does not want one that runs without.
        let page = config.metrics.map(Reserved::bind).transpose()?;
        if config.lock_memory {
            process::lock_memory();
        }
        let mut playlist = Playlist::new(&config);
        let first = playlist.next().expect("a scenario names at least one source")?;
        let venue = first.opened.venue;
        config.publish.check_venue(venue).map_err(Error::NotSent)?;
        playlist.demand(&first.opened, config.publish)?;
        tracing::info!(
            "playing {}: {} ({}), {venue} by its {}",
            source_name(&config),
            first.opened.format,
            first.opened.compression.name(),
            first.opened.evidence
        );
        if let Some(faults) = &config.faults {
            tracing::warn!("the data is damaged on purpose: {faults}; see [feed] source.faults");
        }

        let scale = Scale::measure::<C>();
        let instruments = instruments(&config, venue)?;
        let region = Region::create(ring_bytes(ring.slots), ring.pages, ring.pages_strict)
            .map_err(|source| Error::Memory { ring: ring.name.clone(), source })?;
        let region = Arc::new(region);
        let streams = config.publish.into();
        let geometry = Geometry {
            name: ring.name.clone(),
            slots: ring.slots,
            clock: C::KIND,
            scale,
            epoch: first.opened.epoch,
            streams,
            venue: venue.to_string(),
        };
        let header = region.view::<Header>(0);
        header.identity.write(&geometry);
        region
            .seal_future_writes()
            .map_err(|source| Error::Memory { ring: ring.name.clone(), source })?;
        let roster = Arc::new(Roster::default());
        let slots = region.view_slice(SLOTS_OFFSET, ring.slots);
        let writer = Writer::new(slots, header.clone(), Arc::clone(&roster));

        let live_orders = config.live_orders;
        let books =
            Books::of(venue, live_orders).map_err(|source| Error::Book { live_orders, source })?;
        tracing::info!(
            "memory: ring {} MiB on {} pages, books {} MiB",
            region.bytes() >> 20,
            region.pages(),
            books.memory_bytes() >> 20,
        );
        let mut environment = report::environment(C::KIND, scale, region.pages());
        if let Some(warning) = pages_warning(ring.pages, region.pages(), region.bytes()) {
            tracing::warn!("{warning}");
            environment.warnings.push(warning);
        }
        environment.cores.extend(config.core);
        let publisher =
            Publisher::new(writer, books.orders, instruments, streams, Arc::clone(&stop))
                .keeping(books.levels);
        let pipeline = Pipeline {
            pacer: Pacer::new(config.speed, scale),
            counts: Default::default(),
            publisher,
            stop,
            span: None,
            turned: None,
            exchange_ts: 0,
            waited: false,
        };
        let strategies = scenario.strategies;
        let cores = strategies.iter().map(|strategy| strategy.core).chain([config.core]);
        let cores = cores.flatten().collect();
        let expected: Vec<_> = strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let pages = region.pages().to_string();
        // Last: whoever can connect finds everything in place.
        let table = pipeline.publisher.instruments().registry().memory();
        let server = Server::start(&ring.name, region, table, roster)?;
        let mut lookout = Lookout {
            build: Build { version: environment.version.clone(), pages },
            header: header.clone(),
            geometry,
            seated: server.seated(),
            roll: Roll::default(),
            expected: expected.clone(),
        };
        let page = page.map(|page| page.serve(move |format| lookout.look().page(format), cores));
        let metrics = page.transpose()?;
        service::ready(&format!(
            "ring {}: waiting for strategies: {}",
            ring.name,
            expected.join(", ")
        ));
        let ring = ring.name;
        Ok(Feed {
            config,
            expected,
            out,
            playlist,
            first,
            ring,
            header,
            server,
            metrics,
            pipeline,
            environment,
        })
    }

    fn run(self) -> Result<Exit, Error> {
        let Feed { config, expected, out, playlist, first, ring, header, server, metrics, .. } =
            self;
        let (mut pipeline, environment) = (self.pipeline, self.environment);
        let (venue, format) = (first.opened.venue, first.opened.format);
        let stop = Arc::clone(&pipeline.stop);
        // Relaxed: nothing but the time itself is read.
        let pulse = move || Some(header.progress.heartbeat_ns.load(Ordering::Relaxed));
        let watchdog = Watchdog::start(pulse);
        let played: Result<Played, Error> = std::thread::scope(|scope| {
            let (give, take) = mpsc::sync_channel(1);
            let pipeline = &mut pipeline;
            let (config, stop, all_there) = (&config, &stop, || all_there(&server, &expected));
            let all_there = move || {
                let there = all_there();
                if there {
                    service::status(&format!("ring {ring}: playing"));
                }
                there
            };
            let player = std::thread::Builder::new()
                .name("feed".into())
                .spawn_scoped(scope, move || {
                    process::settle(config.core, config.priority)?;
                    play(pipeline, &take, all_there, stop)
                })
                .map_err(|source| Error::Process(ProcessError::Thread(source)))?;
            // The player ends early when it is stopped; then nobody takes what is sent.
            for item in std::iter::once(Ok(first)).chain(playlist) {
                let failed = item.is_err();
                if give.send(item).is_err() || failed {
                    break;
                }
            }
            drop(give);
            player.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        drop(watchdog);
        service::stopping();
        // A feed that comes back after a failure has not ended the run.
        let failed = played.as_ref().is_ok_and(|played| played.error.is_some());
        if played.is_ok() && !(failed && config.restart == Restart::OnFailure) {
            pipeline.publisher.sink().end();
        }
        drop(metrics);
        // Strategies that are reading on see the end in the header, not in the hang-up.
        drop(server);
        let played = played?;
        let mut feed = report::summary(&pipeline, &played.cost, venue, format, &config);
        feed.interrupted = played.interrupted;
        warn_of_idle_faults(&config, &feed);
        let report = FeedReport { environment, feed };
        write(out.as_deref(), &report)?;
        if let Some(error) = played.error {
            return Err(error);
        }
        let instruments = pipeline.publisher.instruments();
        instruments.in_vain().iter().for_each(|what| tracing::warn!("[[feed.instrument]]: {what}"));
        let missing = instruments.missing();
        if !missing.is_empty() && !played.interrupted {
            let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
            return Err(Error::NoSuchSymbol(names.join(", ")));
        }
        Ok(Exit::Ok)
    }
}

/// Faults for a line that never came are most often a typing error.
fn warn_of_idle_faults(config: &FeedConfig, feed: &FeedSummary) {
    if let Some(line) = config.faults.and_then(|faults| faults.line)
        && feed.faults.is_empty()
    {
        let lines: Vec<_> = feed.lines.iter().map(|line| line.line.as_str()).collect();
        let lines = lines.join(", ");
        tracing::warn!("[feed] source.faults damaged nothing of line {line}; there were: {lines}");
    }
}

fn source_name(config: &FeedConfig) -> String {
    match &config.source {
        crate::scenario::SourceConfig::Capture { files } => {
            files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
        }
        crate::scenario::SourceConfig::Generate(day) => {
            format!("a generated day of {} messages", day.messages)
        }
    }
}

/// The instruments, of which nothing but what the scenario says is known yet.
pub(crate) fn instruments(config: &FeedConfig, venue: Venue) -> Result<Instruments, Error> {
    let scaled = |said: &&InstrumentConfig| said.listing.quantity_decimals().is_some();
    if let Some(said) = config.instruments.iter().find(scaled).filter(|_| !venue.scales()) {
        return Err(Error::Unscaled { venue, name: *said.listing.name() });
    }
    Instruments::new(config.symbols.clone(), config.instruments.clone())
        .map_err(Error::InstrumentMemory)
}

/// What smaller pages than asked for cost, and how to get the others.
fn pages_warning(asked: Pages, got: Pages, bytes: usize) -> Option<String> {
    let needed = bytes.div_ceil(tickline_shared::memory::HUGE_PAGE);
    (asked != got).then(|| {
        let cost = match got {
            Pages::Small => "4 KiB ones: every 64th record costs a TLB miss",
            _ => "transparent ones: as fast, but the kernel may split them",
        };
        format!(
            "no {needed} free hugepages, the ring lies on {cost}; to get them: \
             echo {needed} | sudo tee /proc/sys/vm/nr_hugepages"
        )
    })
}

fn write(out: Option<&Path>, report: &FeedReport) -> Result<(), Error> {
    let json = serde_json::to_vec_pretty(report).expect("a report is plain data");
    match out {
        Some(out) => write_file(&out.join("feed.json"), &json)?,
        None => tracing::info!("{}", String::from_utf8_lossy(&json)),
    }
    Ok(())
}
