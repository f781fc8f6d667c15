//! Pages: the pool of hugepages, on the right node, transparent hugepages, and what may swap.

use tickline_shared::memory::HUGE_PAGE;
use tickline_shared::scenario::{Pages, parse_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Mend, Step};
use super::need::Need;

const CAP_IPC_LOCK: u32 = 14;
const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";
const TRANSPARENT: &str = "/sys/kernel/mm/transparent_hugepage/enabled";
const SWAPPINESS: &str = "/proc/sys/vm/swappiness";
/// At most this, the kernel drops file pages long before it swaps.
const SWAPPINESS_MAX: u64 = 10;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    vec![
        huge(need, host),
        near(need, host),
        transparent(host),
        memlock(need, host),
        swap(need, host),
    ]
}

fn needed(need: &Need) -> u64 {
    need.ring_bytes.div_ceil(HUGE_PAGE) as u64
}

/// Enough free hugepages for the ring, that nobody else has reserved.
fn huge(need: &Need, host: &Host) -> Check {
    let severity = if need.pages_strict { Severity::Error } else { Severity::Warning };
    let check = Check::new("2 MiB hugepages for the ring", severity);
    if need.pages != Pages::Huge {
        return check.skip(format!("the scenario asks for {} pages", need.pages));
    }
    let number = |file: &str| host.number::<u64>(&format!("{POOL}/{file}"));
    let (total, free) = (number("nr_hugepages"), number("free_hugepages"));
    let reserved = number("resv_hugepages").unwrap_or(0);
    let usable = free.unwrap_or(0).saturating_sub(reserved);
    let current = match total {
        Some(total) => format!("{usable} free of {total}"),
        None => "this kernel has none".to_owned(),
    };
    // Whoever has the others keeps them.
    let wanted = total.unwrap_or(0).saturating_sub(usable) + needed(need);
    check.wants(format!("{} free", needed(need))).finds(current, usable >= needed(need)).costs(
        "the ring takes smaller pages, and each of them a slow first look-up",
        Step::set(format!("{POOL}/nr_hugepages"), wanted),
    )
}

/// The hugepages on the feed's node, where there are several nodes: the feed takes the ring's.
fn near(need: &Need, host: &Host) -> Check {
    let check = Check::new("hugepages on the feed's NUMA node", Severity::Warning);
    if need.pages != Pages::Huge {
        return check.skip(format!("the scenario asks for {} pages", need.pages));
    }
    let nodes = nodes(host);
    if nodes.len() < 2 {
        return check.skip("this machine has one node");
    }
    let Some(feed) = need.placed(&host.cores).first().copied().flatten() else {
        return check.skip("no core is left for the feed");
    };
    let Some(node) = nodes.iter().find(|node| node_of(**node, feed, host)) else {
        return check.skip(format!("the kernel shows no node for core {feed}"));
    };
    let pool =
        |node: usize| format!("/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB");
    let number = |node: usize, file: &str| {
        host.number::<u64>(&format!("{}/{file}", pool(node))).unwrap_or(0)
    };
    let each = nodes.iter().map(|node| format!("{node}: {}", number(*node, "free_hugepages")));
    let (total, free) = (number(*node, "nr_hugepages"), number(*node, "free_hugepages"));
    let wanted = total.saturating_sub(free) + needed(need);
    let check = check.wants(format!("{} free on node {node}", needed(need)));
    let current = format!("free on node {}", each.collect::<Vec<_>>().join(", "));
    check.finds(current, free >= needed(need)).costs(
        "the ring lies on another node: what misses the caches takes twice as long",
        Step::set(format!("{}/nr_hugepages", pool(*node)), wanted),
    )
}

/// The machine's nodes.
pub fn nodes(host: &Host) -> Vec<usize> {
    let online = host.text("/sys/devices/system/node/online");
    online.and_then(|list| parse_list(&list)).unwrap_or_default().into_iter().collect()
}

/// Whether a core belongs to a node.
pub fn node_of(node: usize, core: usize, host: &Host) -> bool {
    let list = host.text(&format!("/sys/devices/system/node/node{node}/cpulist"));
    list.and_then(|list| parse_list(&list)).is_some_and(|cores| cores.contains(&core))
}

/// The books, and a ring that finds no hugepages, ask for transparent ones.
fn transparent(host: &Host) -> Check {
    let chosen = host.chosen(TRANSPARENT);
    let passed = chosen.as_deref().is_some_and(|chosen| chosen != "never");
    let current = chosen.unwrap_or_else(|| "this kernel has none".to_owned());
    let check = Check::new("transparent hugepages", Severity::Warning).wants("madvise or always");
    check.finds(current, passed).costs(
        "the books take 4 KiB pages: finding an order misses the page tables' cache",
        Step::set(TRANSPARENT, "madvise"),
    )
}

/// Whether those that lock their memory may: only without a limit, or with the privilege.
fn memlock(need: &Need, host: &Host) -> Check {
    let check = Check::new("memory that may be locked", Severity::Warning);
    if need.locks.is_empty() {
        return check.skip("no process of the scenario locks its memory");
    }
    let Some(limit) = host.limit("Max locked memory") else {
        return check.skip("the kernel does not show the limit");
    };
    let privileged = host.capable(CAP_IPC_LOCK);
    let current = match (privileged, limit) {
        (true, _) => "CAP_IPC_LOCK".to_owned(),
        (false, None) => "unlimited".to_owned(),
        (false, Some(bytes)) => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    };
    let check = check.wants(format!("unlimited, for {}", need.locks.join(", ")));
    check.finds(current, privileged || limit.is_none()).costs(
        "nothing is locked: a page that was taken away takes milliseconds to come back",
        Mend::Steps(vec![
            Step::Here("prlimit --pid $$ --memlock=unlimited"),
            Step::File {
                path: "/etc/security/limits.d/90-tickline-memlock.conf".to_owned(),
                line: "* - memlock unlimited".to_owned(),
            },
        ]),
    )
}

/// Swap takes what was not touched for long: the far orders of the books.
fn swap(need: &Need, host: &Host) -> Check {
    let check = Check::new("swap", Severity::Note);
    if need.locks.len() == need.processes.len() {
        return check.skip("all processes of the scenario lock their memory");
    }
    let Some(swaps) = host.text("/proc/swaps") else {
        return check.skip("the kernel does not show it");
    };
    let count = swaps.lines().count().saturating_sub(1);
    let swappiness = host.number::<u64>(SWAPPINESS);
    let current = match (count, swappiness) {
        (0, _) => "none".to_owned(),
        (count, None) => format!("{count} in use"),
        (count, Some(swappiness)) => format!("{count} in use, swappiness {swappiness}"),
    };
    let passed = count == 0 || swappiness.is_some_and(|swappiness| swappiness <= SWAPPINESS_MAX);
    let check = check.wants(format!("none, or vm.swappiness <= {SWAPPINESS_MAX}"));
    check.finds(current, passed).costs(
        "a page of the books that was swapped out takes milliseconds to come back",
        Step::set(SWAPPINESS, SWAPPINESS_MAX),
    )
}
