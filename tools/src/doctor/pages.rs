//! Pages: the pool of hugepages, transparent hugepages, and what may be locked into memory.

use tickline_shared::memory::HUGE_PAGE;
use tickline_shared::scenario::Pages;

use super::check::{Check, Severity};
use super::host::Host;
use super::need::Need;

const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";
const TRANSPARENT: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let huge = (need.pages == Pages::Huge).then(|| huge(need, host));
    let rest = [Some(transparent(host)), memlock(need, host)];
    [huge].into_iter().chain(rest).flatten().collect()
}

/// Enough free hugepages for the ring, that nobody else has reserved.
fn huge(need: &Need, host: &Host) -> Check {
    let number = |file: &str| host.number(&format!("{POOL}/{file}"));
    let needed = need.ring_bytes.div_ceil(HUGE_PAGE) as u64;
    let (total, free) = (number("nr_hugepages"), number("free_hugepages"));
    let reserved = number("resv_hugepages").unwrap_or(0);
    let usable = free.unwrap_or(0).saturating_sub(reserved);
    let current = match total {
        Some(total) => format!("{usable} free of {total}"),
        None => "this kernel has none".to_owned(),
    };
    // Whoever has the others keeps them.
    let wanted = total.unwrap_or(0).saturating_sub(usable) + needed;
    Check {
        condition: "2 MiB hugepages for the ring".to_owned(),
        required: format!("{needed} free"),
        current,
        severity: if need.pages_strict { Severity::Error } else { Severity::Warning },
        passed: usable >= needed,
        costs: "the ring takes smaller pages, and each of them a slow first look-up",
        mend: format!("echo {wanted} | sudo tee {POOL}/nr_hugepages"),
    }
}

/// The books, and a ring that finds no hugepages, ask for transparent ones.
fn transparent(host: &Host) -> Check {
    let chosen = host.chosen(TRANSPARENT);
    Check {
        condition: "transparent hugepages".to_owned(),
        required: "madvise or always".to_owned(),
        passed: chosen.as_deref().is_some_and(|chosen| chosen != "never"),
        current: chosen.unwrap_or_else(|| "this kernel has none".to_owned()),
        severity: Severity::Warning,
        costs: "the books take 4 KiB pages: finding an order misses the page tables' cache",
        mend: format!("echo madvise | sudo tee {TRANSPARENT}"),
    }
}

/// Whether the ring could be kept from being swapped out; `None` where the kernel does not say.
fn memlock(need: &Need, host: &Host) -> Option<Check> {
    let limits = host.text("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"))?;
    let soft = line.split_whitespace().next()?;
    let limit = soft.parse::<usize>().ok();
    Some(Check {
        condition: "memory that may be locked".to_owned(),
        required: mebibytes(need.ring_bytes),
        current: limit.map_or_else(|| soft.to_owned(), mebibytes),
        severity: Severity::Note,
        passed: limit.is_none_or(|limit| limit >= need.ring_bytes),
        costs: "a page that was swapped out takes milliseconds to come back",
        mend: "ulimit -l unlimited, or LimitMEMLOCK=infinity in the service".to_owned(),
    })
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
