//! When a process that failed is started again: later each time, and not without end.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tickline_shared::scenario::Restart;

/// After the first failure: long enough for the kernel to take back what a process held.
const FIRST: Duration = Duration::from_millis(100);

/// The longest pause; each is twice the one before.
const LONGEST: Duration = Duration::from_secs(10);

/// A process that ran this long ran well: the pauses begin anew.
const RAN_WELL: Duration = Duration::from_secs(10);

/// Within [`WINDOW`]; more often would not mend what these did not.
pub const TIMES_MAX: usize = 8;

/// See [`TIMES_MAX`].
const WINDOW: Duration = Duration::from_secs(60);

/// What to do about a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Start it again after this time.
    After(Duration),
    /// The scenario does not want it back.
    Never,
    /// It failed too often within a minute.
    TooOften,
}

/// The restarts of one process.
#[derive(Clone, Debug)]
pub struct Restarts {
    policy: Restart,
    pause: Duration,
    recent: VecDeque<Instant>,
    count: u64,
}

impl Restarts {
    /// None so far.
    pub fn new(policy: Restart) -> Restarts {
        Restarts { policy, pause: FIRST, recent: VecDeque::new(), count: 0 }
    }

    /// How often it was to be started again.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The process that was started at `started` failed at `now`.
    pub fn failed(&mut self, started: Instant, now: Instant) -> Verdict {
        if self.policy == Restart::Never {
            return Verdict::Never;
        }
        while self.recent.front().is_some_and(|&at| now.duration_since(at) >= WINDOW) {
            self.recent.pop_front();
        }
        if self.recent.len() >= TIMES_MAX {
            return Verdict::TooOften;
        }
        if now.duration_since(started) >= RAN_WELL {
            self.pause = FIRST;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        self.recent.push_back(now);
        self.count += 1;
        Verdict::After(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_end() {
        let mut restarts = Restarts::new(Restart::OnFailure);
        let mut now = Instant::now();
        for ms in [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000] {
            let pause = Duration::from_millis(ms);
            assert_eq!(restarts.failed(now, now), Verdict::After(pause));
            now += pause;
        }
        assert_eq!(restarts.failed(now, now), Verdict::TooOften);
        assert_eq!(restarts.count(), 8);
    }

    #[test]
    fn a_process_that_ran_well_begins_anew() {
        let mut restarts = Restarts::new(Restart::OnFailure);
        let mut now = Instant::now();
        for _ in 0..100 {
            assert_eq!(restarts.failed(now, now + RAN_WELL), Verdict::After(FIRST));
            now += RAN_WELL;
        }
        assert_eq!(restarts.failed(now, now), Verdict::After(2 * FIRST));
    }

    #[test]
    fn who_did_not_ask_for_it_is_not_started_again() {
        let now = Instant::now();
        assert_eq!(Restarts::new(Restart::Never).failed(now, now), Verdict::Never);
    }
}
