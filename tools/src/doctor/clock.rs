//! The clock behind the stages: the cycle counter, if it keeps its pace.

use super::check::{Check, Severity};
use super::host::Host;

/// What the counter must promise: the same pace at any frequency, and on through idle states.
const FLAGS: [&str; 2] = ["constant_tsc", "nonstop_tsc"];

/// The checks of this group.
pub fn checks(host: &Host) -> Vec<Check> {
    [invariant(host), source(host)].into_iter().flatten().collect()
}

/// `None` on processors without such flags: arm64's counter keeps its pace by definition.
fn invariant(host: &Host) -> Option<Check> {
    let cpuinfo = host.text("/proc/cpuinfo")?;
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"))?;
    let missing: Vec<_> =
        FLAGS.into_iter().filter(|flag| !flags.split_whitespace().any(|f| f == *flag)).collect();
    Some(Check {
        condition: "cycle counter of constant pace".to_owned(),
        required: FLAGS.join(" "),
        current: match missing.is_empty() {
            true => "both".to_owned(),
            false => format!("without {}", missing.join(" ")),
        },
        severity: Severity::Warning,
        passed: missing.is_empty(),
        costs: "the system's clock takes its place: about 12 ns more for each time stamp",
        mend: "in a virtual machine, let the host pass on invtsc".to_owned(),
    })
}

/// Whether the kernel trusts the counter; `None` where it does not say.
fn source(host: &Host) -> Option<Check> {
    let folder = "/sys/devices/system/clocksource/clocksource0";
    let current = host.text(&format!("{folder}/current_clocksource"))?;
    // arm64 has one counter, always right.
    let trusted = ["tsc", "arch_sys_counter"];
    Some(Check {
        condition: "clock source of the kernel".to_owned(),
        required: "tsc".to_owned(),
        passed: trusted.contains(&current.as_str()),
        current,
        severity: Severity::Warning,
        costs: "the kernel found the counter unsteady, or reads a slower clock on every look",
        mend: format!("echo tsc | sudo tee {folder}/current_clocksource; dmesg | grep -i tsc"),
    })
}
