//! The clock behind the stages: the cycle counter, if it keeps its pace.

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Mend, Step};

/// What the counter must promise: the same pace at any frequency, and on through idle states.
const FLAGS: [&str; 2] = ["constant_tsc", "nonstop_tsc"];

/// The checks of this group.
pub fn checks(host: &Host) -> Vec<Check> {
    vec![invariant(host), source(host)]
}

/// Only x86-64 has such flags: arm64's counter keeps its pace by definition.
fn invariant(host: &Host) -> Check {
    let check = Check::new("cycle counter of constant pace", Severity::Warning);
    let cpuinfo = host.text("/proc/cpuinfo").unwrap_or_default();
    let Some(flags) = cpuinfo.lines().find(|line| line.starts_with("flags")) else {
        return check.skip("this processor names no such flags");
    };
    let missing: Vec<_> =
        FLAGS.into_iter().filter(|flag| !flags.split_whitespace().any(|f| f == *flag)).collect();
    let current = match missing.is_empty() {
        true => "both".to_owned(),
        false => format!("without {}", missing.join(" ")),
    };
    check.wants(FLAGS.join(" ")).finds(current, missing.is_empty()).costs(
        "the system's clock takes its place: about 12 ns more for each time stamp",
        "in a virtual machine, let the host pass on invtsc",
    )
}

/// Whether the kernel trusts the counter.
fn source(host: &Host) -> Check {
    let check = Check::new("clock source of the kernel", Severity::Warning).wants("tsc");
    let folder = "/sys/devices/system/clocksource/clocksource0";
    let Some(current) = host.text(&format!("{folder}/current_clocksource")) else {
        return check.skip("the kernel does not show it");
    };
    // arm64 has one counter, always right.
    let passed = ["tsc", "arch_sys_counter"].contains(&current.as_str());
    let available = host.text(&format!("{folder}/available_clocksource")).unwrap_or_default();
    let mend = match available.split_whitespace().any(|name| name == "tsc") {
        true => Step::set(format!("{folder}/current_clocksource"), "tsc").into(),
        false => Mend::from("the kernel gave the counter up: `sudo dmesg | grep -i tsc` says why"),
    };
    check
        .finds(current, passed)
        .costs("the kernel found the counter unsteady, or reads a slower clock on every look", mend)
}
