//! Cores: whether they are there, free of others, and no two of them halves of one.

use std::collections::BTreeSet;

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::need::Need;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let named = need.processes.iter().filter_map(|(owner, core)| core.map(|core| (owner, core)));
    let mut checks: Vec<_> = named.map(|(owner, core)| usable(owner, core, host)).collect();
    checks.push(enough(need, host));
    checks.push(spare(need, host));
    checks.extend(shared(need));
    checks.extend(isolated(need, host));
    checks.extend(siblings(need, host));
    checks
}

/// A core that the scenario names.
fn usable(owner: &str, core: usize, host: &Host) -> Check {
    let current = match (host.cores.online.contains(&core), host.cores.usable(core)) {
        (_, true) => "usable",
        (true, false) => "not allowed for this process",
        (false, false) => "not there",
    };
    let all = host.cores.online.iter().filter(|core| host.cores.usable(**core)).copied();
    Check {
        condition: format!("core {core} for {owner}"),
        required: "usable".to_owned(),
        current: current.to_owned(),
        severity: Severity::Error,
        passed: host.cores.usable(core),
        costs: "the scenario does not start",
        mend: format!("choose one of {}, or leave `core` out", print_list(&all.collect())),
    }
}

/// A core for each process.
fn enough(need: &Need, host: &Host) -> Check {
    let usable = host.cores.online.iter().filter(|core| host.cores.usable(**core)).count();
    Check {
        condition: "cores to run on".to_owned(),
        required: format!("{}, one a process", need.processes.len()),
        current: usable.to_string(),
        severity: Severity::Warning,
        passed: usable >= need.processes.len(),
        costs: "processes that spin take turns: a record waits milliseconds for its reader",
        mend: "run fewer strategies, or let them wait with then = \"park\"".to_owned(),
    }
}

/// One more core, for everything else on the machine.
fn spare(need: &Need, host: &Host) -> Check {
    Check {
        condition: "a core for everything else".to_owned(),
        required: format!("{} online", need.processes.len() + 1),
        current: format!("{} ({})", host.cores.online.len(), print_list(&host.cores.online)),
        severity: Severity::Note,
        passed: host.cores.online.len() > need.processes.len(),
        costs: "kernel threads and other programs interrupt the run: p99.9 and beyond",
        mend: "a machine with more cores".to_owned(),
    }
}

/// No core twice; `None` where the scenario names none.
fn shared(need: &Need) -> Option<Check> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<_> = need.cores().filter(|core| !seen.insert(*core)).collect();
    (!seen.is_empty()).then(|| Check {
        condition: "a core of its own for each process".to_owned(),
        required: "none given twice".to_owned(),
        current: match twice.is_empty() {
            true => "none".to_owned(),
            false => format!("{} given twice", print_list(&twice)),
        },
        severity: Severity::Warning,
        passed: twice.is_empty(),
        costs: "processes that spin take turns: a record waits milliseconds for its reader",
        mend: "give each process its own `core`".to_owned(),
    })
}

/// The scenario's cores, kept free of other processes; `None` where it names none.
fn isolated(need: &Need, host: &Host) -> Option<Check> {
    let cores: BTreeSet<_> = need.cores().collect();
    let list = print_list(&cores);
    let mend = match cores.is_superset(&host.cores.online) {
        // The kernel needs a core for itself.
        true => "a machine with more cores".to_owned(),
        false => format!("boot with isolcpus={list} nohz_full={list} rcu_nocbs={list}"),
    };
    (!cores.is_empty()).then(|| Check {
        condition: "isolated cores".to_owned(),
        required: list,
        current: match host.cores.isolated.is_empty() {
            true => "none".to_owned(),
            false => print_list(&host.cores.isolated),
        },
        severity: Severity::Note,
        passed: cores.is_subset(&host.cores.isolated),
        costs: "the scheduler puts other processes and timer ticks there: p99.9 and beyond",
        mend,
    })
}

/// No two of the scenario's cores are threads of one; `None` where the kernel does not say.
fn siblings(need: &Need, host: &Host) -> Option<Check> {
    let cores: BTreeSet<_> = need.cores().collect();
    let mut paired = BTreeSet::new();
    for core in &cores {
        let file = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
        let siblings = parse_list(&host.text(&file)?)?;
        paired.extend(siblings.intersection(&cores).filter(|other| *other != core).copied());
    }
    (cores.len() > 1).then(|| Check {
        condition: "no two threads of one core".to_owned(),
        required: "none".to_owned(),
        current: if paired.is_empty() { "none".to_owned() } else { print_list(&paired) },
        severity: Severity::Warning,
        passed: paired.is_empty(),
        costs: "two that spin share the units of one core: each runs at about half its speed",
        mend: "choose cores with different thread_siblings_list".to_owned(),
    })
}
