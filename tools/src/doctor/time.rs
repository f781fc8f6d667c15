//! Time: what the host of a virtual machine takes away, and whether the wall clock is right.

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::Step;
use super::need::Need;
use crate::bench::machine::stat;

/// Share of the cores' time from which on the host disturbs.
const STEAL_MAX: f64 = 0.005;

/// Who keeps the wall clock right, by the names that the kernel cuts to 15 letters.
const KEEPERS: [(&str, &str); 6] = [
    ("chronyd", "chronyd"),
    ("ntpd", "ntpd"),
    ("ntpsec", "ntpsec"),
    ("systemd-timesyn", "systemd-timesyncd"),
    ("phc2sys", "phc2sys"),
    ("ptp4l", "ptp4l"),
];

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    vec![steal(need, host), synchronized(host)]
}

fn steal(need: &Need, host: &Host) -> Check {
    let check = Check::new("time that the host takes (steal)", Severity::Warning);
    let cores: Vec<usize> = need.hot(&host.cores).into_iter().collect();
    let Some(now) = host.text("/proc/stat").map(|text| stat::sum(&text, &cores)) else {
        return check.skip("the kernel does not show it");
    };
    if now.total == 0 {
        return check.skip("the kernel shows no times of these cores");
    }
    let earlier = stat::sum(&host.earlier_stat, &cores);
    let share = |steal: u64, total: u64| steal as f64 / total.max(1) as f64;
    let always = share(now.steal, now.total);
    let lately =
        share(now.steal.saturating_sub(earlier.steal), now.total.saturating_sub(earlier.total));
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    check
        .wants(format!("at most {}", percent(STEAL_MAX)))
        .finds(
            format!("{} now, {} since boot", percent(lately), percent(always)),
            lately.max(always) <= STEAL_MAX,
        )
        .costs(
            "the host runs others on these cores, for milliseconds at a time: p99 and beyond",
            "virtual processors of your own (dedicated, pinned), or a machine without a host",
        )
}

/// The kernel's own word (adjtimex) takes a call that no safe interface offers: the programs that
/// keep the clock are looked for instead.
fn synchronized(host: &Host) -> Check {
    let running = KEEPERS.iter().filter(|(program, _)| host.programs.contains(*program));
    let mut running: Vec<_> = running.map(|(_, name)| *name).collect();
    if host.text("/run/systemd/timesync/synchronized").is_some() {
        running.push("synchronized");
    }
    let current = if running.is_empty() { "nobody seen".to_owned() } else { running.join(", ") };
    Check::new("the wall clock is kept right", Severity::Note)
        .wants("chronyd, ntpd, timesyncd or PTP")
        .finds(current, !running.is_empty())
        .costs(
            "times of this machine and of a venue cannot be compared; stages keep their own clock",
            Step::Keep("timedatectl set-ntp true".to_owned()),
        )
}
