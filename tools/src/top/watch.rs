//! Watching: which rings there are, and what they show, over time. Nothing here waits for a feed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use tickline_shared::attach::{Observer, RingSample, Roll, directory};
use tickline_shared::latency::Stage;

use super::model::{self, Ring};

/// Rates are taken over this time: long enough for a steady figure.
const WINDOW: Duration = Duration::from_secs(1);

/// Seconds of p99 that are kept of each strategy.
const HISTORY: usize = 600;

/// How often new rings are looked for.
const SCAN_EVERY: Duration = Duration::from_millis(500);

/// What is seen now.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The rings, by name.
    pub rings: Vec<Ring>,
    /// Why some cannot be watched.
    pub notes: Vec<String>,
}

/// Watches one ring, or all that there are.
pub struct Watcher {
    only: Option<String>,
    rings: BTreeMap<String, Watched>,
    scanned: Option<Instant>,
}

impl Watcher {
    /// Watches this ring, or all.
    pub fn new(only: Option<String>) -> Watcher {
        Watcher { only, rings: BTreeMap::new(), scanned: None }
    }

    /// Looks at everything.
    pub fn look(&mut self) -> View {
        self.scan();
        let mut view = View::default();
        for watched in self.rings.values_mut() {
            view.notes.extend(watched.look());
            view.rings.extend(watched.ring());
        }
        view
    }

    /// Looks for so long as it takes every feed that is there to answer, and not longer than
    /// `within`. What was seen then.
    pub fn begin(&mut self, within: Duration) -> View {
        let start = Instant::now();
        loop {
            let view = self.look();
            let all = self.rings.values().all(|watched| !watched.observer.is_asking());
            if all || start.elapsed() >= within {
                return view;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The rings whose feeds have not answered so far.
    pub fn unanswered(&self) -> Vec<&str> {
        let asking = self.rings.iter().filter(|(_, watched)| watched.observer.is_asking());
        asking.map(|(name, _)| name.as_str()).collect()
    }

    fn scan(&mut self) {
        if self.scanned.is_some_and(|last| last.elapsed() < SCAN_EVERY) {
            return;
        }
        self.scanned = Some(Instant::now());
        let names = match &self.only {
            Some(ring) => vec![ring.clone()],
            None => directory::rings(),
        };
        for name in names {
            self.rings.entry(name).or_insert_with_key(|name| Watched::new(name));
        }
    }
}

/// A ring over time.
struct Watched {
    name: String,
    observer: Observer,
    /// Samples of the last [`WINDOW`], the newest last.
    samples: VecDeque<RingSample>,
    /// Readers of this feed, those that left among them.
    readers: Roll,
    history: HashMap<String, History>,
}

/// p99 of each second of a strategy.
#[derive(Default)]
struct History {
    written_ns: u64,
    values: VecDeque<[u64; Stage::ALL.len()]>,
}

impl Watched {
    fn new(name: &str) -> Watched {
        Watched {
            name: name.to_owned(),
            observer: Observer::new(name),
            samples: VecDeque::new(),
            readers: Roll::default(),
            history: HashMap::new(),
        }
    }

    /// Takes a sample. Why not, where it could not.
    fn look(&mut self) -> Option<String> {
        match self.observer.look() {
            Ok(None) => {
                // A feed that was killed left its socket.
                if !self.observer.is_asking() {
                    directory::sweep(&self.name);
                }
                None
            }
            Err(error) => Some(error.to_string()),
            Ok(Some(sight)) => {
                if sight.new {
                    self.readers.clear();
                }
                self.readers.update(&sight.observed.readers);
                let mut sample = RingSample::observed(sight.observed, sight.gone);
                sample.readers = self.readers.sample();
                self.keep(sample);
                None
            }
        }
    }

    fn keep(&mut self, sample: RingSample) {
        for reader in &sample.readers {
            let Some(live) = &reader.live else { continue };
            let history = self.history.entry(reader.name.clone()).or_default();
            if live.written_ns != history.written_ns {
                history.written_ns = live.written_ns;
                history.values.push_back(live.interval.map(|stage| stage.p99));
                history.values.drain(..history.values.len().saturating_sub(HISTORY));
            }
        }
        // One sample at least is as old as the window, where there is one.
        let since = sample.at_ns.saturating_sub(WINDOW.as_nanos() as u64);
        while self.samples.get(1).is_some_and(|second| second.at_ns <= since) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// What the samples say.
    fn ring(&self) -> Option<Ring> {
        let now = self.samples.back()?;
        let before = self.samples.front().filter(|before| before.at_ns < now.at_ns);
        let mut ring = model::ring(now, before);
        for strategy in &mut ring.strategies {
            let history = self.history.get(&strategy.name);
            strategy.history = history.into_iter().flat_map(|h| h.values.iter().copied()).collect();
        }
        Some(ring)
    }
}
