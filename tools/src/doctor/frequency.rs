//! Frequency: whether the cores run as fast as they can from the first cycle on.

use std::collections::{BTreeMap, BTreeSet};

use tickline_shared::scenario::print_list;

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::Step;
use super::need::Need;

const BOOST: &str = "/sys/devices/system/cpu/cpufreq/boost";
const NO_TURBO: &str = "/sys/devices/system/cpu/intel_pstate/no_turbo";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let hot = need.hot(&host.cores);
    let governor = performance(
        Check::new("frequency governor", Severity::Warning),
        "scaling_governor",
        "a core that waited runs slowly, and takes tens of us to speed up",
        &hot,
        host,
    );
    let preference = performance(
        Check::new("energy preference (EPP)", Severity::Warning),
        "energy_performance_preference",
        "the processor saves energy: it speeds up late, and not all the way",
        &hot,
        host,
    );
    vec![governor, preference, turbo(host)]
}

/// That a setting of every core says `performance`.
fn performance(
    check: Check,
    name: &str,
    costs: &'static str,
    hot: &BTreeSet<usize>,
    host: &Host,
) -> Check {
    let file = |core: usize| format!("/sys/devices/system/cpu/cpu{core}/cpufreq/{name}");
    let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for core in hot {
        if let Some(value) = host.text(&file(*core)) {
            found.entry(value).or_default().insert(*core);
        }
    }
    if found.is_empty() {
        return check.skip("the kernel has no say in it, as in most virtual machines");
    }
    let values = found.iter().map(|(value, cores)| format!("{value} ({})", print_list(cores)));
    let current = values.collect::<Vec<_>>().join(", ");
    let others = found.iter().filter(|(value, _)| *value != "performance");
    let others: BTreeSet<usize> = others.flat_map(|(_, cores)| cores).copied().collect();
    let files = others.iter().map(|core| file(*core)).collect();
    let mend = Step::Set { value: "performance".to_owned(), files };
    check.wants("performance").finds(current, others.is_empty()).costs(costs, mend)
}

/// Turbo: faster, and steady only if all cores run all the time, as these do.
fn turbo(host: &Host) -> Check {
    let check = Check::new("turbo", Severity::Note).wants("on");
    let (file, on, value) = match (host.text(NO_TURBO), host.text(BOOST)) {
        (Some(off), _) => (NO_TURBO, off == "0", "0"),
        (None, Some(on)) => (BOOST, on == "1", "1"),
        (None, None) => {
            return check.skip("the kernel has no say in it, as in most virtual machines");
        }
    };
    check.finds(if on { "on" } else { "off" }, on).costs(
        "the cores stay at their base frequency, a quarter to a half below what they can do; \
         leave it off only where an even pace is worth more to you",
        Step::set(file, value),
    )
}
