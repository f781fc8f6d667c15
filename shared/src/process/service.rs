//! What a service manager is told: that the process is ready, what it does, that its loop is
//! alive, and that it ends. See `sd_notify(3)`; where nobody asked for it, nothing is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::clock::monotonic_ns;

/// Loops give a sign of life once a second, or ten times where they sleep; one that gave none for
/// this long is late even where the manager is more impatient.
const PULSE_WITHIN: Duration = Duration::from_secs(2);

/// Others can use this process now. A failure to say so is one line of the log.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// What the process does now.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The process has begun to end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service manager does not hear ({error}): check NOTIFY_SOCKET");
    }
}

/// A thread that tells the manager in time that the loop is alive, until dropped. It does not where
/// the manager does not watch.
pub struct Watchdog {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts it. `pulse` gives the loop's last sign of life in ns of `CLOCK_MONOTONIC`; `None`
    /// while no loop runs, which is no reason for alarm. Call it before the process pins itself.
    pub fn start(pulse: impl Fn() -> Option<u64> + Send + 'static) -> Watchdog {
        let stop = Arc::new(AtomicBool::new(false));
        let limit = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero());
        let Some(limit) = limit else {
            return Watchdog { stop, thread: None };
        };
        let stopped = Arc::clone(&stop);
        let work = move || {
            let mut alive = true;
            // Relaxed: the flag carries nothing but itself.
            while !stopped.load(Ordering::Relaxed) {
                let was = std::mem::replace(&mut alive, is_alive(pulse(), monotonic_ns(), limit));
                match (was, alive) {
                    (_, true) => tell(&[NotifyState::Watchdog]),
                    (true, false) => tracing::warn!("the loop gives no sign of life"),
                    (false, false) => {}
                }
                // As sd_watchdog_enabled(3) recommends: half of what is allowed.
                std::thread::park_timeout(limit / 2);
            }
        };
        let thread = std::thread::Builder::new().name("watchdog".into()).spawn(work);
        let thread = thread.inspect_err(|error| {
            tracing::warn!("no thread that tells the service manager of the loop: {error}");
        });
        Watchdog { stop, thread: thread.ok() }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn is_alive(pulse: Option<u64>, now: u64, limit: Duration) -> bool {
    let within = (limit / 2).max(PULSE_WITHIN);
    // 0: it has only begun.
    let pulse = pulse.filter(|&pulse| pulse > 0);
    pulse.is_none_or(|pulse| u128::from(now.saturating_sub(pulse)) <= within.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_alive_while_it_gives_signs() {
        let (second, limit) = (1_000_000_000, Duration::from_secs(30));
        let check = |pulse, now: u64, expected| {
            assert_eq!(is_alive(pulse, now * second, limit), expected, "{pulse:?} {now}");
        };
        check(None, 1_000, true);
        check(Some(0), 1_000, true);
        check(Some(second), 16, true);
        check(Some(second), 17, false);
        check(Some(20 * second), 16, true);
        assert!(is_alive(Some(second), 3 * second, Duration::from_millis(1)));
    }
}
