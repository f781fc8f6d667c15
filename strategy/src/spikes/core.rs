//! What the system counts of the loop's core, once an interval of the log: interrupts, soft
//! interrupts, and the time that the host took for something else.

use std::collections::VecDeque;
use std::fs::read_to_string;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::param::clock_ticks_per_second;
use tickline_shared::clock::Scale;
use tickline_shared::summary::CoreCounts;

/// Windows that are kept: a day of seconds, in 4 MB.
const WINDOWS_MAX: usize = 86_400;

/// Counters of a core since the machine started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counters {
    interrupts: u64,
    softirqs: u64,
    stolen_ticks: u64,
}

/// What a core counted between two looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CoreWindow {
    /// When it began, in cycles.
    start: u64,
    /// When it ended, in cycles.
    end: u64,
    interrupts: u64,
    softirqs: u64,
    stolen_ticks: u64,
}

/// Watches one core, from the log's thread.
pub(super) struct CoreWatch {
    core: usize,
    last: Option<(u64, Counters)>,
    windows: Arc<Mutex<VecDeque<CoreWindow>>>,
}

impl CoreWatch {
    /// Watches this core, from `now` cycles on; what it sees is put into `windows`.
    pub(super) fn new(
        core: usize,
        now: u64,
        windows: Arc<Mutex<VecDeque<CoreWindow>>>,
    ) -> CoreWatch {
        CoreWatch { core, last: read(core).map(|counters| (now, counters)), windows }
    }

    /// Ends a window at `now` cycles and begins the next one.
    pub(super) fn note(&mut self, now: u64) {
        let Some(counters) = read(self.core) else { return };
        if let Some((start, last)) = self.last.replace((now, counters)) {
            let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            if windows.len() == WINDOWS_MAX {
                windows.pop_front();
            }
            windows.push_back(CoreWindow {
                start,
                end: now,
                interrupts: counters.interrupts.saturating_sub(last.interrupts),
                softirqs: counters.softirqs.saturating_sub(last.softirqs),
                stolen_ticks: counters.stolen_ticks.saturating_sub(last.stolen_ticks),
            });
        }
    }
}

/// What the core counted in the window that holds this moment, in cycles.
pub(super) fn at(windows: &[CoreWindow], cycles: u64, scale: Scale) -> Option<CoreCounts> {
    let index = windows.partition_point(|window| window.end < cycles);
    let window = windows.get(index).filter(|window| window.start <= cycles)?;
    let tick_ns = 1_000_000_000 / clock_ticks_per_second().max(1);
    Some(CoreCounts {
        over_ns: scale.nanos(window.end - window.start),
        interrupts: window.interrupts,
        softirqs: window.softirqs,
        stolen_ns: window.stolen_ticks.saturating_mul(tick_ns),
    })
}

fn read(core: usize) -> Option<Counters> {
    let file = |name| read_to_string(name).unwrap_or_default();
    Some(Counters {
        interrupts: column(&file("/proc/interrupts"), core)?,
        softirqs: column(&file("/proc/softirqs"), core).unwrap_or(0),
        stolen_ticks: stolen(&file("/proc/stat"), core).unwrap_or(0),
    })
}

/// The sum of a core's column in `/proc/interrupts` or `/proc/softirqs`; `None` where it has none.
fn column(table: &str, core: usize) -> Option<u64> {
    let mut lines = table.lines();
    let heading: Vec<&str> = lines.next()?.split_whitespace().collect();
    let index =
        heading.iter().position(|cpu| cpu.strip_prefix("CPU") == Some(&core.to_string()))?;
    let count = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let numbers = rest.split_whitespace().map_while(|word| word.parse::<u64>().ok());
        let numbers: Vec<u64> = numbers.take(heading.len()).collect();
        // Rows such as ERR have one number for all cores.
        (numbers.len() == heading.len()).then(|| numbers[index])
    };
    Some(lines.filter_map(count).sum())
}

/// The eighth number of a core's line in `/proc/stat`, in ticks.
fn stolen(stat: &str, core: usize) -> Option<u64> {
    let name = format!("cpu{core}");
    let line = stat.lines().find(|line| line.split_whitespace().next() == Some(&name))?;
    line.split_whitespace().nth(8)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERRUPTS: &str = "           CPU0       CPU2
 24:          1          5  IO-APIC   5-edge      ACPI:Ged
NMI:          0          7   Non-maskable interrupts
LOC:     100000      20000   Local timer interrupts
ERR:          3
MIS:          0
";

    #[test]
    fn a_core_has_its_column() {
        assert_eq!(column(INTERRUPTS, 0), Some(100_001));
        assert_eq!(column(INTERRUPTS, 2), Some(20_012));
        assert_eq!(column(INTERRUPTS, 1), None);
        assert_eq!(column("", 0), None);
        let stat = "cpu  1 2 3 4 5 6 7 8 9 10\ncpu1 1 0 2 5 6 0 3 20 0 0\ncpu12 0 0 0 0 0 0 0 9\n";
        assert_eq!((stolen(stat, 1), stolen(stat, 12)), (Some(20), Some(9)));
        assert_eq!((stolen(stat, 2), stolen("cpu1 4\n", 1)), (None, None));
    }

    #[test]
    fn the_window_of_a_moment() {
        let window = |start, end, interrupts| {
            let (softirqs, stolen_ticks) = (1, 2);
            CoreWindow { start, end, interrupts, softirqs, stolen_ticks }
        };
        let windows = [window(100, 200, 7), window(200, 300, 8)];
        let interrupts = |cycles| {
            at(&windows, cycles, Scale::NANOSECONDS)
                .map(|counts| (counts.interrupts, counts.over_ns))
        };
        assert_eq!(interrupts(99), None);
        assert_eq!(interrupts(100), Some((7, 100)));
        assert_eq!(interrupts(201), Some((8, 100)));
        assert_eq!(interrupts(301), None);
    }

    #[test]
    fn this_machine_says_so() {
        let windows = Arc::default();
        let mut watch = CoreWatch::new(0, 10, Arc::clone(&windows));
        watch.note(20);
        watch.note(30);
        let windows: Vec<_> = windows.lock().unwrap().iter().copied().collect();
        let times: Vec<_> = windows.iter().map(|window| (window.start, window.end)).collect();
        assert_eq!(times, [(10, 20), (20, 30)]);
        let mut nowhere = CoreWatch::new(5000, 10, Arc::default());
        nowhere.note(20);
        assert!(nowhere.windows.lock().unwrap().is_empty());
    }
}
