//! What the kernel does besides, on every core, now and then; and what does not matter here.

use std::collections::BTreeSet;

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::interrupts::{parse_mask, print_mask};
use super::mend::{Mend, Step};
use super::need::Need;

const WATCHDOG_CORES: &str = "/proc/sys/kernel/watchdog_cpumask";
const WORK: &str = "/sys/devices/virtual/workqueue/cpumask";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let (hot, others) = (need.hot(&host.cores), need.others(&host.cores));
    vec![
        setting(
            Check::new("automatic NUMA balancing", Severity::Warning).wants("0"),
            host,
            ("/proc/sys/kernel/numa_balancing", 0),
            |value| value == 0,
            "the kernel unmaps pages to see who uses them: page faults in the loops",
        ),
        watchdog(&hot, &others, host),
        setting(
            Check::new("NMI watchdog", Severity::Note).wants("0"),
            host,
            ("/proc/sys/kernel/nmi_watchdog", 0),
            |value| value == 0,
            "an interrupt that nothing can mask, on every core, every few seconds",
        ),
        setting(
            Check::new("interval of memory statistics (s)", Severity::Note).wants("10 or more"),
            host,
            ("/proc/sys/vm/stat_interval", 10),
            |value| value >= 10,
            "every core sums up its counters of memory, some us each time",
        ),
        work(&hot, &others, host),
        setting(
            Check::new("merging of equal pages (KSM)", Severity::Note).wants("0"),
            host,
            ("/sys/kernel/mm/ksm/run", 0),
            |value| value != 1,
            "a kernel thread reads through memory and takes a core and its caches for that",
        ),
        Check::new("systemd's RemoveIPC", Severity::Note)
            .skip("the ring has no name that systemd could remove when its user logs out"),
    ]
}

/// A setting that is one number.
pub fn setting(
    check: Check,
    host: &Host,
    (file, mended): (&str, i64),
    passes: impl Fn(i64) -> bool,
    costs: &'static str,
) -> Check {
    match host.number::<i64>(file) {
        Some(value) => {
            check.finds(value.to_string(), passes(value)).costs(costs, Step::set(file, mended))
        }
        None => check.skip(format!("this kernel shows no {file}")),
    }
}

/// The watchdog of soft lockups wakes a thread on each core that it watches.
fn watchdog(hot: &BTreeSet<usize>, others: &BTreeSet<usize>, host: &Host) -> Check {
    let check = Check::new("watchdog of soft lockups", Severity::Note);
    let on = host.number::<u64>("/proc/sys/kernel/watchdog");
    let watched = host.text(WATCHDOG_CORES).and_then(|list| parse_list(&list));
    let (Some(on), Some(watched)) = (on, watched) else {
        return check.skip("this kernel has none");
    };
    let (current, passed) = match on {
        0 => ("off".to_owned(), true),
        _ => (format!("on {}", print_list(&watched)), watched.is_disjoint(hot)),
    };
    let mend = match others.is_empty() {
        true => Step::set("/proc/sys/kernel/watchdog", 0),
        false => Step::set(WATCHDOG_CORES, print_list(others)),
    };
    check
        .wants(format!("not on {}", print_list(hot)))
        .finds(current, passed)
        .costs("its thread runs on every core every few seconds, before anything else", mend)
}

/// The kernel's work that is bound to no core.
fn work(hot: &BTreeSet<usize>, others: &BTreeSet<usize>, host: &Host) -> Check {
    let check = Check::new("the kernel's deferred work", Severity::Note);
    let Some(mask) = host.text(WORK) else {
        return check.skip(format!("this kernel shows no {WORK}"));
    };
    let Some(cores) = parse_mask(&mask) else {
        return check.skip(format!("{WORK} is no mask: {mask}"));
    };
    let mend = match others.is_empty() {
        true => Mend::from("a machine with more cores: these are all that it has"),
        false => Step::set(WORK, print_mask(others, &mask)).into(),
    };
    check
        .wants(format!("not on {}", print_list(hot)))
        .finds(print_list(&(&cores & &host.cores.online)), cores.is_disjoint(hot))
        .costs("file systems, drivers and the network put work there: p99.99", mend)
}
