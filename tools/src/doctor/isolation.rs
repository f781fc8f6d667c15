//! Isolation: the scenario's cores without other processes, timer ticks and the kernel's own work.

use std::collections::BTreeSet;

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Loader, Mend, Step};
use super::need::Need;
use super::topology::advice;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let hot = need.hot(&host.cores);
    let mut checks =
        vec![isolated(&hot, host), without_ticks(&hot, host), without_callbacks(&hot, host)];
    // Where none is named, those that are not isolated are taken: it would ask for the wrong ones.
    let unnamed = need.processes.iter().any(|process| process.core.is_none());
    if unnamed && checks.iter().any(Check::failed) {
        let why = match advice(need, host) {
            Some(advice) => format!("no cores are named, which comes first: {advice}"),
            None => "no cores are named, which comes first".to_owned(),
        };
        checks = checks.into_iter().map(|check| check.skip(&*why)).collect();
    }
    checks
}

/// Some of the kernel's three ways to leave cores alone.
fn check(condition: &str, hot: &BTreeSet<usize>, has: &BTreeSet<usize>) -> Check {
    let current = if has.is_empty() { "none".to_owned() } else { print_list(has) };
    let check = Check::new(condition, Severity::Note).wants(print_list(hot));
    check.finds(current, hot.is_subset(has))
}

fn boot(option: &str, hot: &BTreeSet<usize>, host: &Host) -> Mend {
    match hot.is_superset(&host.cores.online) {
        // The kernel needs a core for itself.
        true => Mend::from("a machine with more cores: the kernel keeps one for itself"),
        false => Step::Boot(format!("{option}={}", print_list(hot)), Loader::of(host)).into(),
    }
}

fn isolated(hot: &BTreeSet<usize>, host: &Host) -> Check {
    check("isolated cores (isolcpus)", hot, &host.cores.isolated).costs(
        "the scheduler puts other processes there, for milliseconds: p99.9 and beyond",
        boot("isolcpus", hot, host),
    )
}

fn without_ticks(hot: &BTreeSet<usize>, host: &Host) -> Check {
    let file = host.text("/sys/devices/system/cpu/nohz_full");
    let costs = "a timer tick, 100 to 1,000 times a second, takes some us each: p99.9";
    match file {
        None => check("cores without timer ticks (nohz_full)", hot, &BTreeSet::new())
            .finds("this kernel has none", false)
            .costs(costs, "a kernel built with CONFIG_NO_HZ_FULL, and nohz_full= at its boot"),
        // A kernel booted without the option prints "(null)".
        Some(list) => {
            let has = parse_list(&list).unwrap_or_default();
            check("cores without timer ticks (nohz_full)", hot, &has)
                .costs(costs, boot("nohz_full", hot, host))
        }
    }
}

/// Cores with nohz_full= are without callbacks as well.
fn without_callbacks(hot: &BTreeSet<usize>, host: &Host) -> Check {
    let command_line = host.text("/proc/cmdline").unwrap_or_default();
    let lists = command_line.split_whitespace().filter_map(|option| {
        option.strip_prefix("rcu_nocbs=").or_else(|| option.strip_prefix("nohz_full="))
    });
    let last = host.cores.online.last().copied().unwrap_or(0);
    let has: BTreeSet<usize> = lists.filter_map(|list| listed(list, last)).flatten().collect();
    check("cores without RCU callbacks (rcu_nocbs)", hot, &has).costs(
        "memory that the kernel frees late is freed on these cores: p99.99",
        boot("rcu_nocbs", hot, host),
    )
}

/// The kernel's notation at its boot: as elsewhere, but for `all` and `N`, the last core.
fn listed(list: &str, last: usize) -> Option<BTreeSet<usize>> {
    match list {
        "all" => Some((0..=last).collect()),
        list => parse_list(&list.replace('N', &last.to_string())),
    }
}
