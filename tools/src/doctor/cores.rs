//! Cores: whether they are there, one for each process, and one for everything else.

use std::collections::BTreeSet;

use tickline_shared::scenario::print_list;

use super::check::{Check, Severity};
use super::host::Host;
use super::need::{Need, Process};
use super::topology::advice;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let named = need.processes.iter().filter_map(|process| Some((process, process.core?)));
    let mut checks: Vec<_> =
        named.map(|(process, core)| usable(process, core, need, host)).collect();
    checks.push(enough(need, host));
    checks.push(spare(need, host));
    checks.extend(shared(need, host));
    checks
}

/// A core that the scenario names.
fn usable(process: &Process, core: usize, need: &Need, host: &Host) -> Check {
    let current = match (host.cores.online.contains(&core), host.cores.usable(core)) {
        (_, true) => "usable",
        (true, false) => "not allowed for this process",
        (false, false) => "not there",
    };
    let all = host.cores.online.iter().filter(|core| host.cores.usable(**core)).copied();
    let choice = format!("choose among {}, or leave `core` out", print_list(&all.collect()));
    Check::new(format!("core {core} for {}", process.owner), Severity::Error)
        .wants("usable")
        .finds(current, host.cores.usable(core))
        .costs("the scenario does not start", advice(need, host).unwrap_or(choice))
}

const TURNS: &str = "processes that spin take turns: a record waits milliseconds for its reader";

/// A core for each process.
fn enough(need: &Need, host: &Host) -> Check {
    let usable = host.cores.online.iter().filter(|core| host.cores.usable(**core)).count();
    Check::new("cores to run on", Severity::Warning)
        .wants(format!("{}, one a process", need.processes.len()))
        .finds(usable.to_string(), usable >= need.processes.len())
        .costs(TURNS, "run fewer strategies, or let them wait with then = \"park\"")
}

/// One more core, for everything else on the machine.
fn spare(need: &Need, host: &Host) -> Check {
    let (online, wanted) = (host.cores.online.len(), need.processes.len() + 1);
    Check::new("a core for everything else", Severity::Note)
        .wants(format!("{wanted} online"))
        .finds(format!("{online} ({})", print_list(&host.cores.online)), online >= wanted)
        .costs(
            "kernel threads and other programs interrupt the run: p99.9 and beyond",
            "a machine with more cores",
        )
}

/// No core twice; `None` where the scenario names none.
fn shared(need: &Need, host: &Host) -> Option<Check> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<_> = need.named().filter(|core| !seen.insert(*core)).collect();
    let current = match twice.is_empty() {
        true => "none".to_owned(),
        false => format!("{} given twice", print_list(&twice)),
    };
    let mend = advice(need, host).unwrap_or_else(|| "give each process its own `core`".to_owned());
    let check = Check::new("a core of its own for each process", Severity::Warning);
    let check = check.wants("none given twice").finds(current, twice.is_empty());
    (!seen.is_empty()).then(|| check.costs(TURNS, mend))
}
