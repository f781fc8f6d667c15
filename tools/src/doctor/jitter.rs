//! What the cores lose by themselves: one thread on each spins on the cycle counter, all at the
//! same time, and keeps every stretch in which it did not get on. Nothing of tickline runs
//! meanwhile, so that whatever shows here shows in a run's percentiles too.

use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::latency::histogram;
use tickline_shared::process::{ProcessError, pin, stop_flag, touch_stack};
use tickline_shared::scenario::{print_duration, print_list};

use super::host::Host;
use super::interrupts::{Source, sources};
use super::need::Need;
use crate::bench::machine::{preemptions, stat};

mod delay;
mod report;

pub use report::{Report, Run};

/// Longer than a look at the counter and than most of what the processor itself does (a miss of
/// all caches takes 0.1 us), shorter than the shortest interrupt.
const THRESHOLD: Duration = Duration::from_micros(1);

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum JitterError {
    /// No core is allowed.
    #[error("no core to measure: this process may use none; widen its CPU set (taskset, cpuset)")]
    NoCore,
    /// A thread cannot run where it should, or Ctrl-C cannot be heard.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// What the cores lost.
#[derive(Debug)]
pub struct Measured {
    /// What was lost at once counts from this on.
    pub threshold: Duration,
    /// Whether somebody ended it early.
    pub interrupted: bool,
    /// In the order of their numbers.
    pub cores: Vec<Core>,
}

/// What one core lost.
#[derive(Debug)]
pub struct Core {
    /// Its number.
    pub core: usize,
    /// Who shall run on it.
    pub owners: Vec<String>,
    /// What it lost, and how often.
    pub lost: Lost,
    /// Interrupts meanwhile, by name, the most frequent first.
    pub interrupts: Vec<(Source, u64)>,
    /// Share of the time that the host took.
    pub steal: f64,
}

/// The stalls of a thread that only looked at the counter.
#[derive(Debug)]
pub struct Lost {
    /// How long it looked, in ns.
    pub measured_ns: u64,
    /// All stalls together, in ns.
    pub stalled_ns: u64,
    /// The lengths of its stalls, in ns.
    pub stalls: Histogram<u64>,
    /// How often the kernel let somebody else have its core.
    pub preemptions: u64,
}

impl Lost {
    /// Share of the time.
    pub fn share(&self) -> f64 {
        self.stalled_ns as f64 / self.measured_ns.max(1) as f64
    }

    /// Stalls a second.
    pub fn per_second(&self) -> f64 {
        self.stalls.len() as f64 * 1e9 / self.measured_ns.max(1) as f64
    }
}

/// Measures the cores of `need` for `length`, or until Ctrl-C.
pub fn measure(
    need: &Need,
    host: &Host,
    length: Duration,
    threshold: Option<Duration>,
) -> Result<Measured, JitterError> {
    let cores = need.hot(&host.cores);
    if cores.is_empty() {
        return Err(JitterError::NoCore);
    }
    let threshold = threshold.unwrap_or(THRESHOLD);
    let stop = stop_flag()?;
    eprintln!("measuring cores {} for {}", print_list(&cores), print_duration(length));
    let cores: Vec<usize> = cores.into_iter().collect();
    let watched = match ClockKind::detect() {
        ClockKind::Tsc => watch_all::<Tsc>(&cores, length, threshold, &stop),
        ClockKind::Monotonic => watch_all::<Monotonic>(&cores, length, threshold, &stop),
    };
    let (lost, before, after) = watched?;
    let placed = need.placed(&host.cores);
    let owners = |core: usize| {
        let here = need.processes.iter().zip(&placed).filter(|(_, placed)| **placed == Some(core));
        here.map(|(process, _)| process.owner.clone()).collect()
    };
    let of_core = |(core, lost)| Core {
        core,
        owners: owners(core),
        lost,
        interrupts: after.interrupts_since(&before, core),
        steal: after.steal_since(&before, core),
    };
    Ok(Measured {
        threshold,
        // Relaxed: the flag carries nothing but itself.
        interrupted: stop.load(Ordering::Relaxed),
        cores: cores.iter().copied().zip(lost).map(of_core).collect(),
    })
}

/// One thread a core, from the same moment on; and what the kernel counted before and after.
fn watch_all<C: Clock>(
    cores: &[usize],
    length: Duration,
    threshold: Duration,
    stop: &AtomicBool,
) -> Result<(Vec<Lost>, Kernel, Kernel), ProcessError> {
    let scale = Scale::measure::<C>();
    let start = Barrier::new(cores.len());
    let cycles = |time: Duration| scale.cycles(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let (length, threshold) = (cycles(length), cycles(threshold));
    let before = Kernel::look();
    let lost: Result<_, _> = thread::scope(|scope| {
        let start = &start;
        let watcher = |core: usize| {
            scope.spawn(move || {
                let pinned = pin(core);
                touch_stack();
                // Whoever fails has the others start all the same, and end at once.
                // Relaxed: the flag carries nothing but itself.
                stop.fetch_or(pinned.is_err(), Ordering::Relaxed);
                start.wait();
                pinned.map(|()| watch::<C>(scale, length, threshold, stop))
            })
        };
        let watchers: Vec<_> = cores.iter().map(|core| watcher(*core)).collect();
        let lost = watchers.into_iter().map(|watcher| {
            watcher.join().unwrap_or_else(|_| {
                Err(ProcessError::Thread(std::io::Error::other("it panicked while measuring")))
            })
        });
        lost.collect()
    });
    Ok((lost?, before, Kernel::look()))
}

/// Looks at the counter without pause; all lengths in cycles.
fn watch<C: Clock>(scale: Scale, length: u64, threshold: u64, stop: &AtomicBool) -> Lost {
    let mut stalls = histogram();
    let preempted = preemptions();
    let began = C::now();
    let end = began.saturating_add(length);
    let (mut last, mut stalled) = (began, 0u64);
    // Relaxed: the flag carries nothing but itself.
    while last < end && !stop.load(Ordering::Relaxed) {
        let now = C::now();
        let gap = now.saturating_sub(last);
        last = now;
        if gap >= threshold {
            stalled += gap;
            stalls.saturating_record(scale.nanos(gap));
            // What recording takes is no stall.
            last = C::now();
        }
    }
    Lost {
        measured_ns: scale.nanos(last - began),
        stalled_ns: scale.nanos(stalled),
        stalls,
        preemptions: preemptions().saturating_sub(preempted),
    }
}

/// What the kernel counts.
struct Kernel {
    interrupts: Vec<Source>,
    stat: String,
}

impl Kernel {
    fn look() -> Kernel {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Kernel { interrupts: sources(&text("/proc/interrupts")), stat: text("/proc/stat") }
    }

    fn interrupts_since(&self, before: &Kernel, core: usize) -> Vec<(Source, u64)> {
        let count = |source: &Source| source.counts.get(&core).copied().unwrap_or(0);
        let earlier = |name: &str| before.interrupts.iter().find(|source| source.name == name);
        let fired = self.interrupts.iter().map(|source| {
            let earlier = earlier(&source.name).map_or(0, count);
            (source.clone(), count(source).saturating_sub(earlier))
        });
        let mut fired: Vec<_> = fired.filter(|(_, count)| *count > 0).collect();
        fired.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        fired
    }

    fn steal_since(&self, before: &Kernel, core: usize) -> f64 {
        let (now, then) = (stat::sum(&self.stat, &[core]), stat::sum(&before.stat, &[core]));
        let steal = now.steal.saturating_sub(then.steal);
        steal as f64 / now.total.saturating_sub(then.total).max(1) as f64
    }
}

#[cfg(test)]
mod tests;
