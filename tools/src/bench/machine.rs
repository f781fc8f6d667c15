//! The machine that was measured on, and what else happened on its two cores meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tickline_shared::clock::ClockKind;
use tickline_shared::scenario::Pages;
use tickline_shared::summary::Environment;

use super::near::{Cores, ring_name};
use super::ring::Feed;

pub mod stat;

use stat::{CoreTimes, Process};

/// Slots of the ring that scenarios have by default.
const SLOTS: usize = 65_536;

/// Shares of the two cores' time from which on others disturb.
const OTHERS_MAX: f64 = 0.02;
const STEAL_MAX: f64 = 0.005;
/// A process that took less is not worth its name.
const NAMED_MIN: f64 = 0.005;
/// Interruptions of the measuring threads a second: the kernel's own threads make a few.
const PREEMPTIONS_MAX: f64 = 50.0;

/// The machine, as far as it decides the figures.
pub fn environment(cores: &Cores) -> Environment {
    // What the rings of this run get.
    let feed = Feed::open(&ring_name(), SLOTS, Pages::Huge, cores.scale);
    let pages = feed.map_or(Pages::Small, |feed| feed.pages);
    let mut environment =
        tickline_feed::report::environment(ClockKind::detect(), cores.scale, pages);
    environment.cores = vec![cores.near, cores.far];
    if pages == Pages::Small {
        environment.warnings.push(
            "the ring lies on 4 KiB pages, so that every 64th record costs a TLB miss; \
             `tickline doctor` tells how to get hugepages"
                .to_owned(),
        );
    }
    if cfg!(debug_assertions) {
        environment.warnings.push(
            "this is a debug build, whose figures mean nothing; build with cargo build --release"
                .to_owned(),
        );
    }
    environment
}

/// How often the kernel took the calling thread off its core for another one, since it began.
pub fn preemptions() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// Looks at the two cores from time to time, never while something is measured.
pub struct Watch {
    cores: [usize; 2],
    began: Instant,
    /// Of both cores together.
    first: CoreTimes,
    last: CoreTimes,
    /// CPU time of this process and of those that it waited for.
    own_first: u64,
    own_last: u64,
    processes: BTreeMap<u32, Process>,
    /// Ticks of others, by name.
    others: BTreeMap<String, u64>,
}

/// What happened on the two cores.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seen {
    /// Share of the cores' time that other processes took.
    pub others: f64,
    /// The busiest of them, and their shares.
    pub busiest: Vec<(String, f64)>,
    /// Share that the host took.
    pub steal: f64,
    /// Interruptions of the measuring threads, a second.
    pub preemptions: f64,
    /// Cores whose frequency is governed by something else than `performance`.
    pub governors: Vec<(usize, String)>,
}

impl Watch {
    /// Watches for this long before anything is measured.
    pub fn start(cores: &Cores, before: Duration) -> Watch {
        let watched = [cores.near, cores.far];
        let times = stat::core_times(&watched);
        let own = stat::own();
        let mut watch = Watch {
            cores: watched,
            began: Instant::now(),
            first: times,
            last: times,
            own_first: own,
            own_last: own,
            processes: stat::processes(),
            others: BTreeMap::new(),
        };
        std::thread::sleep(before);
        watch.look();
        watch
    }

    /// Notes who ran since the last look.
    pub fn look(&mut self) {
        (self.last, self.own_last) = (stat::core_times(&self.cores), stat::own());
        let now = stat::processes();
        for (pid, process) in &now {
            let before = self.processes.get(pid).filter(|before| before.began == process.began);
            let ran = process.ticks.saturating_sub(before.map_or(0, |before| before.ticks));
            // One that was there before the first look counts from it on, any other from its start.
            if ran > 0 && self.cores.contains(&process.core) {
                *self.others.entry(process.name.clone()).or_default() += ran;
            }
        }
        self.processes = now;
    }

    /// All in all.
    pub fn seen(&self, cores: &Cores) -> Seen {
        let total = self.last.total.saturating_sub(self.first.total).max(1) as f64;
        let own = self.own_last - self.own_first;
        let busy = self.last.busy.saturating_sub(self.first.busy);
        let mut busiest: Vec<(String, f64)> = self
            .others
            .iter()
            .map(|(name, ticks)| (name.clone(), *ticks as f64 / total))
            .filter(|(_, share)| *share >= NAMED_MIN)
            .collect();
        busiest.sort_by(|a, b| b.1.total_cmp(&a.1));
        busiest.truncate(3);
        let governors = self.cores.iter().filter_map(|core| Some((*core, governor(*core)?)));
        // Relaxed: a counter.
        let preempted = cores.preempted.load(Ordering::Relaxed) as f64;
        Seen {
            others: busy.saturating_sub(own) as f64 / total,
            busiest,
            steal: self.last.steal.saturating_sub(self.first.steal) as f64 / total,
            preemptions: preempted / self.began.elapsed().as_secs_f64(),
            governors: governors.filter(|(_, governor)| governor != "performance").collect(),
        }
    }
}

/// What decides a core's frequency; `None` where the kernel has no say in it.
fn governor(core: usize) -> Option<String> {
    let file = format!("/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor");
    Some(fs::read_to_string(file).ok()?.trim().to_owned())
}

impl Seen {
    /// What was not as quiet as it should be, with advice; nothing on a quiet machine.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.others > OTHERS_MAX {
            let names: Vec<_> = self
                .busiest
                .iter()
                .map(|(name, share)| format!("{name} {}", percent(*share)))
                .collect();
            let names = match names.is_empty() {
                true => String::new(),
                false => format!(" (busiest: {})", names.join(", ")),
            };
            warnings.push(format!(
                "other processes took {} of the two cores' time{names}: stop them, or choose \
                 other cores with --cores, and measure again",
                percent(self.others)
            ));
        }
        if self.steal > STEAL_MAX {
            warnings.push(format!(
                "the host took {} of the two cores' time for itself or for other guests (steal): \
                 measure again when it has less to do, or on a machine of your own",
                percent(self.steal)
            ));
        }
        if self.preemptions > PREEMPTIONS_MAX {
            warnings.push(format!(
                "the measuring threads were interrupted {:.0} times a second, which shows in p99 \
                 and beyond: keep the two cores free of others (taskset, isolcpus), and see what \
                 `tickline doctor` advises",
                self.preemptions
            ));
        }
        for (core, governor) in &self.governors {
            warnings.push(format!(
                "core {core} runs under the governor `{governor}`, which lowers its frequency at \
                 times: sudo cpupower frequency-set --governor performance"
            ));
        }
        warnings
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_machine_has_no_warning_and_a_busy_one_an_advice_each() {
        assert_eq!(Seen::default().warnings(), Vec::<String>::new());
        let seen = Seen {
            others: 0.25,
            busiest: vec![("rustc".to_owned(), 0.2)],
            steal: 0.01,
            preemptions: 1_000.0,
            governors: vec![(3, "powersave".to_owned())],
        };
        let warnings = seen.warnings();
        assert_eq!(warnings.len(), 4);
        assert!(warnings[0].contains("25.0 %") && warnings[0].contains("rustc 20.0 %"));
        assert!(warnings[3].contains("core 3") && warnings[3].contains("cpupower"));
    }

    #[test]
    fn a_busy_neighbour_is_seen() {
        let cores = Cores::new(0, 1, tickline_shared::clock::Scale::NANOSECONDS);
        let watch = Watch::start(&cores, Duration::from_millis(20));
        let seen = watch.seen(&cores);
        assert!(watch.last.total > watch.first.total);
        assert!((0.0..=1.0).contains(&seen.others) && (0.0..=1.0).contains(&seen.steal));
    }
}
