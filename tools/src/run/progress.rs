//! What a person sees while a run goes on: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tickline_shared::attach::{Observed, observe};
use tickline_shared::process::log::{LogArgs, LogFormat};

use crate::scenario::Scenario;
use crate::table::grouped;

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How grave something is that a person should know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// What happens.
    Note,
    /// What is not as it should be; the run goes on.
    Warning,
    /// What the run suffers from.
    Error,
}

impl Tone {
    fn log(self, line: &str) {
        match self {
            Tone::Note => tracing::info!("{line}"),
            Tone::Warning => tracing::warn!("{line}"),
            Tone::Error => tracing::error!("{line}"),
        }
    }
}

/// Progress of a run; clones show the same one.
#[derive(Clone)]
pub struct Progress {
    log: LogArgs,
    bar: Option<ProgressBar>,
    /// What would have been said; `None` where it is.
    said: Option<Arc<Mutex<Vec<String>>>>,
    state: Arc<Mutex<State>>,
}

struct State {
    ring: String,
    observed: Option<Observed>,
    shown: Instant,
    messages: u64,
}

impl Progress {
    /// Nothing is shown before there is something to show.
    pub fn new(scenario: &Scenario, log: LogArgs) -> Progress {
        let shows_bar = log.log_format == LogFormat::Text && std::io::stderr().is_terminal();
        let bar = shows_bar.then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style).with_message("starting")
        });
        Progress { log, bar, said: None, state: Arc::new(Mutex::new(State::new(scenario))) }
    }

    /// Shows nothing and keeps what it would have said.
    pub fn silent(scenario: &Scenario) -> Progress {
        let said = Some(Arc::new(Mutex::new(Vec::new())));
        let state = Arc::new(Mutex::new(State::new(scenario)));
        Progress { log: LogArgs::default(), bar: None, said, state }
    }

    /// How the run's processes log.
    pub fn log(&self) -> &LogArgs {
        &self.log
    }

    /// Whether what is said is read by a machine.
    pub fn is_json(&self) -> bool {
        self.log.log_format == LogFormat::Json
    }

    /// What it would have said.
    pub fn said(&self) -> Vec<String> {
        let said = self.said.iter();
        said.flat_map(|said| said.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    /// Says a line, above the bar where there is one.
    pub fn say(&self, tone: Tone, line: &str) {
        self.utter(line, || tone.log(line));
    }

    /// Passes a line of a process on as it is.
    pub fn pass(&self, line: &str) {
        self.utter(line, || eprintln!("{line}"));
    }

    fn utter(&self, line: &str, how: impl FnOnce()) {
        if let Some(said) = &self.said {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(how),
            None => how(),
        }
    }

    /// The feed is started again: what it plays then is in another ring.
    pub fn begin_anew(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).observed = None;
    }

    /// Whether the feed has played anything.
    pub fn begun(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.look();
        let Some(observed) = &state.observed else { return false };
        let header = &observed.header;
        // Relaxed: a figure that lags a little is good enough here.
        header.counters.messages.load(Ordering::Relaxed) > 0
            || header.counters.published.load(Ordering::Relaxed) > 0
    }

    /// Shows how far the feed is.
    pub fn show(&self) {
        if self.said.is_some() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.look();
        let Some(observed) = &state.observed else { return };
        let (progress, counters) = (&observed.header.progress, &observed.header.counters);
        let messages = counters.messages.load(Ordering::Relaxed);
        let done = progress.source_done.load(Ordering::Relaxed);
        let total = progress.source_total.load(Ordering::Relaxed);
        let elapsed = state.shown.elapsed();
        let due = if self.bar.is_some() { Duration::from_millis(300) } else { LINE_EVERY };
        if elapsed < due {
            return;
        }
        let rate = messages.saturating_sub(state.messages) as f64 / elapsed.as_secs_f64();
        let rate = grouped(rate.round() as u64);
        (state.shown, state.messages) = (Instant::now(), messages);
        let line = format!("{} messages, {rate} a second", grouped(messages));
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(line);
            }
            None => {
                let percent = (done * 100).checked_div(total);
                let part = percent.map_or_else(String::new, |percent| format!("{percent} %, "));
                tracing::info!("feed: {part}{line}");
            }
        }
    }

    /// Leaves the terminal as it was.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // The connection to the feed's socket ends here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner).observed = None;
    }
}

impl State {
    fn new(scenario: &Scenario) -> State {
        let ring = scenario.ring.name.clone();
        State { ring, observed: None, shown: Instant::now(), messages: 0 }
    }

    fn look(&mut self) {
        if self.observed.is_none() {
            self.observed = observe(&self.ring).ok();
        }
    }
}
