//! Topology: cores that share what helps (the last cache, a node) and not what hurts (a core's two
//! threads), and which cores to take instead.

use std::collections::BTreeSet;

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::need::Need;
use super::pages::{node_of, nodes};

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    vec![siblings(need, host), cache(need, host), node(need, host)]
}

const ELSEWHERE: &str = "choose other cores: `lscpu -e` shows what shares a core and a cache";
const ONE_CORE: &str = "only one core is in use";

/// What to start the scenario with instead, where this machine has better cores for it.
pub fn advice(need: &Need, host: &Host) -> Option<String> {
    let cores = better(need, host)?;
    let sets = need.processes.iter().zip(cores);
    let sets = sets.map(|(process, core)| format!("--set {}={core}", process.key));
    Some(format!("tickline launch … {}", sets.collect::<Vec<_>>().join(" ")))
}

/// Cores of one cache, no two threads of one core, isolated ones first, then from the highest down:
/// the kernel does its own work on the lowest.
fn better(need: &Need, host: &Host) -> Option<Vec<usize>> {
    let usable = host.cores.online.iter().filter(|core| host.cores.usable(**core));
    // One thread of each core.
    let whole: BTreeSet<usize> = usable
        .copied()
        .filter(|core| threads(*core, host).is_none_or(|all| all.first() == Some(core)))
        .collect();
    let groups: BTreeSet<BTreeSet<usize>> =
        whole.iter().filter_map(|core| Some(&cached(*core, host)? & &whole)).collect();
    // Where the kernel shows no cache, all may be one.
    let groups = if groups.is_empty() { [whole].into() } else { groups };
    let enough = groups.into_iter().filter(|group| group.len() >= need.processes.len());
    let group = enough.max_by_key(|group| (group & &host.cores.isolated).len())?;
    let mut cores: Vec<usize> = group.into_iter().collect();
    cores.sort_by_key(|core| (!host.cores.isolated.contains(core), std::cmp::Reverse(*core)));
    cores.truncate(need.processes.len());
    cores.sort_unstable();
    Some(cores)
}

/// The threads of the core that a thread belongs to.
fn threads(core: usize, host: &Host) -> Option<BTreeSet<usize>> {
    let file = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
    parse_list(&host.text(&file)?)
}

/// Who shares a core's last cache, of level 3.
fn cached(core: usize, host: &Host) -> Option<BTreeSet<usize>> {
    let folder = |index: usize| format!("/sys/devices/system/cpu/cpu{core}/cache/index{index}");
    let level = |index: usize| host.number::<u32>(&format!("{}/level", folder(index)));
    let index =
        (0..).map_while(|index| Some((index, level(index)?))).find(|(_, level)| *level == 3);
    parse_list(&host.text(&format!("{}/shared_cpu_list", folder(index?.0)))?)
}

/// No two of the scenario's cores are threads of one.
fn siblings(need: &Need, host: &Host) -> Check {
    let check = Check::new("no two threads of one core", Severity::Warning).wants("none");
    let hot = need.hot(&host.cores);
    if hot.len() < 2 {
        return check.skip(ONE_CORE);
    }
    let mut paired = BTreeSet::new();
    for core in &hot {
        let Some(threads) = threads(*core, host) else {
            return check.skip(format!("the kernel does not show the threads of core {core}"));
        };
        let together = &threads & &hot;
        if together.len() > 1 {
            paired.extend(together);
        }
    }
    let current = if paired.is_empty() { "none".to_owned() } else { print_list(&paired) };
    check.finds(current, paired.is_empty()).costs(
        "two that spin share the units of one core: each runs at about half its speed",
        advice(need, host).unwrap_or_else(|| ELSEWHERE.to_owned()),
    )
}

/// The feed and every strategy share a last cache.
fn cache(need: &Need, host: &Host) -> Check {
    let check = Check::new("one L3 cache for feed and strategies", Severity::Warning);
    let placed = need.placed(&host.cores);
    let Some((Some(feed), strategies)) = placed.split_first() else {
        return check.skip("no core is left for the feed");
    };
    let strategies: BTreeSet<usize> = strategies.iter().flatten().copied().collect();
    if strategies.iter().all(|core| core == feed) {
        return check.skip(ONE_CORE);
    }
    let Some(shared) = cached(*feed, host) else {
        return check.skip("the kernel shows no L3 cache, as in many virtual machines");
    };
    let away = &strategies - &shared;
    let current = match away.is_empty() {
        true => "shared".to_owned(),
        false => format!("not by {}", print_list(&away)),
    };
    let check = check.wants(format!("that of core {feed}: {}", print_list(&shared)));
    check.finds(current, away.is_empty()).costs(
        "every record crosses from one cache to another: the hop takes two to four times as long",
        advice(need, host).unwrap_or_else(|| ELSEWHERE.to_owned()),
    )
}

/// All of the scenario's cores on one node.
fn node(need: &Need, host: &Host) -> Check {
    let check = Check::new("one NUMA node for all cores", Severity::Warning).wants("one");
    let all = nodes(host);
    if all.len() < 2 {
        return check.skip("this machine has one node");
    }
    let hot = need.hot(&host.cores);
    let used: BTreeSet<usize> =
        all.into_iter().filter(|node| hot.iter().any(|core| node_of(*node, *core, host))).collect();
    check.finds(print_list(&used), used.len() < 2).costs(
        "records cross between sockets: the hop takes three to five times as long",
        advice(need, host).unwrap_or_else(|| ELSEWHERE.to_owned()),
    )
}
