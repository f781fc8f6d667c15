//! The processes of a run: started, watched, started again, ended.
//!
//! Whatever fails and whenever Ctrl-C comes, this ends: a process is waited for only while another
//! one that will end makes it end, and who does not end when asked is killed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tickline_shared::summary::Summary;

use super::child::{Child, Ended, StartError};
use super::folder::Folder;
use super::progress::{Progress, Tone};
use super::restart::Verdict;
use crate::scenario::Scenario;

/// How often the launcher looks at its processes. It sleeps in between: on a machine with two
/// cores everything it does delays one of the loops.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a process may take to end once it was asked to.
const END_WITHIN: Duration = Duration::from_secs(5);

/// How long a strategy has to learn by itself that its feed is gone, before it is told that no other
/// one comes. It learns within a millisecond where there is a core for it; and once it knows, no
/// signal keeps it from reading what the feed left.
const LEARN_WITHIN: Duration = Duration::from_secs(1);

/// A mistake in the scenario or on the command line, which no restart mends.
const USAGE: Ended = Ended::Code(2);

/// The feed is gone and this process should not wait for another one.
const FEED_GONE: Ended = Ended::Code(4);

/// The processes of a run.
pub struct Processes {
    feed: Child,
    strategies: Vec<Child>,
    /// When the feed was seen to be over.
    feed_over: Option<Instant>,
    /// The run failed before it began: strategies wait for a feed in vain, or it for them.
    failed: bool,
    /// Whether one had to be killed because it did not end.
    killed: bool,
}

impl Processes {
    /// Starts all of them, the feed first.
    pub fn start(
        scenario: &Scenario,
        file: &Path,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Processes, StartError> {
        let restart = scenario.feed.restart;
        let feed = Child::feed(restart, file, folder, progress)?;
        let (strategies, feed_over) = (Vec::new(), None);
        let mut processes = Processes { feed, strategies, feed_over, failed: false, killed: false };
        for strategy in &scenario.strategies {
            match Child::strategy(strategy, restart, file, folder, progress) {
                Ok(child) => processes.strategies.push(child),
                Err(error) => {
                    processes.end_all();
                    return Err(error);
                }
            }
        }
        Ok(processes)
    }

    /// Returns once every process has ended. Strategies end by themselves when they have read what
    /// the feed left, however long that takes them; once the run was told to stop they have a few
    /// seconds for it.
    pub fn watch(&mut self, progress: &Progress, stop: &AtomicBool) {
        loop {
            // Relaxed: the flag carries nothing but itself.
            let stopped = stop.load(Ordering::Relaxed);
            if let Some(ended) = self.feed.newly_ended().filter(|ended| *ended != Ended::Code(0)) {
                self.feed_failed(ended, stopped, progress);
            }
            for index in 0..self.strategies.len() {
                if let Some(ended) = self.strategies[index].newly_ended() {
                    self.strategy_ended(index, ended, stopped, progress);
                }
            }
            self.end_what_is_over(stopped, progress);
            let mut all = std::iter::once(&self.feed).chain(&self.strategies);
            if all.all(|child| child.ended().is_some()) {
                return;
            }
            for child in std::iter::once(&mut self.feed).chain(&mut self.strategies) {
                if let Err(error) = child.start_if_due(progress) {
                    progress.say(Tone::Error, &error.to_string());
                }
            }
            progress.show();
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The feed comes back only while every strategy is there: it waits for all before it plays.
    fn feed_failed(&mut self, ended: Ended, stopped: bool, progress: &Progress) {
        let all_there = self.strategies.iter().all(|strategy| strategy.ended().is_none());
        let wanted = !stopped && self.feed.asked().is_none() && ended != USAGE && all_there;
        let verdict = if wanted { self.feed.restart_after(ended) } else { Verdict::Never };
        progress.say(tone(verdict), &self.feed.obituary(&ended, verdict));
        if let Verdict::After(_) = verdict {
            progress.begin_anew();
        } else {
            self.failed |= !progress.begun();
        }
    }

    /// A strategy comes back only where there is, or will be, a feed for it.
    fn strategy_ended(&mut self, index: usize, ended: Ended, stopped: bool, progress: &Progress) {
        let feed_over = self.feed.ended().is_some() || self.feed.asked().is_some();
        let strategy = &mut self.strategies[index];
        if ended != Ended::Code(0) {
            let asked = stopped || strategy.asked().is_some();
            let wanted = !asked && !feed_over && ended != USAGE && ended != FEED_GONE;
            let verdict = if wanted { strategy.restart_after(ended) } else { Verdict::Never };
            progress.say(tone(verdict), &strategy.obituary(&ended, verdict));
            if let Verdict::After(_) = verdict {
                return;
            }
        }
        if feed_over {
            return;
        }
        if self.feed.waits() {
            progress.say(Tone::Error, "a strategy is missing: the feed is not started again");
            self.feed.give_up();
        } else if !progress.begun() {
            progress.say(Tone::Error, "nothing was played yet: the run ends");
            self.failed = true;
        } else if ended != Ended::Code(0) {
            let command = strategy.command();
            progress.say(Tone::Warning, &format!("the feed goes on; start it again: {command}"));
        }
    }

    /// Asks those to end that have nothing to wait for, and kills who does not.
    fn end_what_is_over(&mut self, stopped: bool, progress: &Progress) {
        if self.failed || stopped {
            self.feed.ask_to_end();
        }
        if self.feed.ended().is_some() {
            self.feed_over.get_or_insert_with(Instant::now);
        }
        let no_feed_comes = self.feed_over.is_some_and(|since| since.elapsed() >= LEARN_WITHIN);
        let feed_failed = self.feed.ended().is_some_and(|ended| ended != Ended::Code(0));
        let feed_overdue = is_overdue(self.feed.asked());
        for strategy in &mut self.strategies {
            if stopped || self.feed_over.is_some() {
                strategy.give_up();
            }
            if self.failed || feed_overdue {
                strategy.ask_to_end();
            } else if no_feed_comes && (feed_failed || strategy.restarts() > 0) {
                strategy.tell_that_no_feed_comes();
            }
        }
        let mut all = std::iter::once(&self.feed).chain(&self.strategies);
        let mut left = all.clone().filter(|child| child.ended().is_none()).peekable();
        if left.peek().is_some()
            && all.all(|child| child.ended().is_some() || is_overdue(child.asked()))
            && !self.killed
        {
            progress.say(Tone::Error, "a process did not end when asked to, and is killed");
            self.end_all();
        }
    }

    /// The last resort.
    fn end_all(&mut self) {
        self.killed = true;
        self.feed.kill();
        self.strategies.iter_mut().for_each(Child::kill);
    }

    /// Whether one had to be killed because it did not end.
    pub fn killed(&self) -> bool {
        self.killed
    }

    /// How each process ended: the feed, then the strategies.
    pub fn exits(&self) -> Vec<Ended> {
        let all = std::iter::once(&self.feed).chain(&self.strategies);
        all.map(|child| child.ended().unwrap_or(Ended::Code(0))).collect()
    }

    /// What the strategies reported.
    pub fn reports(&mut self) -> Vec<String> {
        self.strategies.iter_mut().map(Child::report).collect()
    }

    /// Writes into the summary how often each was started again.
    pub fn count_restarts(&self, summary: &mut Summary) {
        summary.feed.restarts = self.feed.restarts();
        for (part, strategy) in summary.strategies.iter_mut().zip(&self.strategies) {
            part.restarts = strategy.restarts();
        }
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::After(_) => Tone::Warning,
        Verdict::Never | Verdict::TooOften => Tone::Error,
    }
}

/// Whether a process was asked to end, and had the time to.
fn is_overdue(asked: Option<Instant>) -> bool {
    asked.is_some_and(|asked| asked.elapsed() > END_WITHIN)
}
