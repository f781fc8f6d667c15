//! Interrupts: which devices may call on the scenario's cores, and who moves them there.

use std::collections::{BTreeMap, BTreeSet};

use tickline_shared::scenario::{parse_list, print_list};

use super::check::{Check, Severity};
use super::host::Host;
use super::mend::{Loader, Mend, Step};
use super::need::Need;
use crate::table::grouped;

const DEFAULT: &str = "/proc/irq/default_smp_affinity";
/// Devices that are named, the busiest first.
const NAMED_MAX: usize = 2;

/// The checks of this group.
pub fn checks(need: &Need, host: &Host) -> Vec<Check> {
    let hot = need.hot(&host.cores);
    if hot.is_empty() {
        return Vec::new();
    }
    let others = need.others(&host.cores);
    vec![devices(&hot, &others, host), to_come(&hot, &others, host), balanced(&hot, host)]
}

/// One line of /proc/interrupts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// A device's number, or a short name such as `LOC`.
    pub name: String,
    /// Who or what it is.
    pub what: String,
    /// How often it fired since the machine started, by core.
    pub counts: BTreeMap<usize, u64>,
}

/// All of them; none where the text is something else.
pub fn sources(text: &str) -> Vec<Source> {
    let mut lines = text.lines();
    let heading = lines.next().unwrap_or_default().split_whitespace();
    let cores: Vec<usize> =
        heading.filter_map(|word| word.strip_prefix("CPU")?.parse().ok()).collect();
    let source = |line: &str| {
        let (name, rest) = line.trim_start().split_once(':')?;
        let mut words = rest.split_whitespace().peekable();
        let mut counts = BTreeMap::new();
        for core in &cores {
            // The last lines count for the whole machine, in one number.
            let Some(count) = words.peek().and_then(|word| word.parse().ok()) else { break };
            counts.insert(*core, count);
            words.next();
        }
        let words: Vec<_> = words.collect();
        // Of a device the name stands last, after chip, line and trigger.
        let what = match name.parse::<u32>() {
            Ok(_) => words.last().copied().unwrap_or_default().to_owned(),
            Err(_) => words.join(" "),
        };
        Some(Source { name: name.to_owned(), what, counts })
    };
    lines.filter_map(source).collect()
}

/// Devices that may interrupt the scenario's cores.
fn devices(hot: &BTreeSet<usize>, others: &BTreeSet<usize>, host: &Host) -> Check {
    let check = Check::new("device interrupts on these cores", Severity::Note).wants("none");
    let Some(text) = host.text("/proc/interrupts") else {
        return check.skip("the kernel does not show them");
    };
    let may = |source: &Source| {
        let file = format!("/proc/irq/{}/smp_affinity_list", source.name);
        let cores = host.text(&file).and_then(|list| parse_list(&list));
        cores.is_some_and(|cores| !cores.is_disjoint(hot))
    };
    let fired =
        |source: &Source| hot.iter().filter_map(|core| source.counts.get(core)).sum::<u64>();
    let mut there: Vec<Source> = sources(&text).into_iter().filter(may).collect();
    there.sort_by_key(|source| std::cmp::Reverse(fired(source)));
    let busiest = there.iter().filter(|source| fired(source) > 0).take(NAMED_MAX);
    let busiest: Vec<_> =
        busiest.map(|source| format!("{} {}", source.what, grouped(fired(source)))).collect();
    let current = match (there.len(), busiest.is_empty()) {
        (0, _) => "none".to_owned(),
        (count, true) => format!("{count}, none fired"),
        (count, false) => format!("{count}: {}", busiest.join(", ")),
    };
    let files = there.iter().map(|source| format!("/proc/irq/{}/smp_affinity_list", source.name));
    let mend = match others.is_empty() {
        true => Mend::from(NO_OTHER),
        false => Step::Set { value: print_list(others), files: files.collect() }.into(),
    };
    check
        .finds(current, there.is_empty())
        .costs("each interrupt takes some us from whoever spins there: p99.9 and beyond", mend)
}

const NO_OTHER: &str = "a machine with more cores: these are all that it has";

/// Where devices that start later interrupt.
fn to_come(hot: &BTreeSet<usize>, others: &BTreeSet<usize>, host: &Host) -> Check {
    let check = Check::new("interrupts of devices to come", Severity::Note);
    let Some(mask) = host.text(DEFAULT) else {
        return check.skip("the kernel does not show it");
    };
    let Some(cores) = parse_mask(&mask) else {
        return check.skip(format!("{DEFAULT} is no mask: {mask}"));
    };
    let mend = match others.is_empty() {
        true => Mend::from(NO_OTHER),
        false => Mend::Steps(vec![
            Step::set(DEFAULT, print_mask(others, &mask)),
            Step::Boot(format!("irqaffinity={}", print_list(others)), Loader::of(host)),
        ]),
    };
    check
        .wants(format!("not on {}", print_list(hot)))
        .finds(print_list(&(&cores & &host.cores.online)), cores.is_disjoint(hot))
        .costs("a device that starts, or a network link that comes back, interrupts there", mend)
}

/// irqbalance moves interrupts to idle cores, unless they are isolated or it was told not to.
fn balanced(hot: &BTreeSet<usize>, host: &Host) -> Check {
    let check = Check::new("irqbalance", Severity::Note).wants("leaves these cores alone");
    if !host.programs.contains("irqbalance") {
        return check.finds("not running", true);
    }
    let ticks = host.text("/sys/devices/system/cpu/nohz_full");
    let ticks = ticks.and_then(|list| parse_list(&list)).unwrap_or_default();
    let banned = ["/etc/default/irqbalance", "/etc/sysconfig/irqbalance"];
    let banned: BTreeSet<usize> = banned
        .iter()
        .filter_map(|file| host.text(file))
        .flat_map(|text| text.lines().filter_map(banned_list).flatten().collect::<Vec<_>>())
        .collect();
    let alone = &(&host.cores.isolated | &ticks) | &banned;
    let (current, passed) = match hot.is_subset(&alone) {
        true => ("running, without these cores", true),
        false => ("running", false),
    };
    check.finds(current, passed).costs(
        "it moves interrupts to these cores, however they were set",
        Mend::Steps(vec![
            Step::Run("systemctl stop irqbalance".to_owned()),
            Step::Keep("systemctl disable irqbalance".to_owned()),
        ]),
    )
}

fn banned_list(line: &str) -> Option<BTreeSet<usize>> {
    parse_list(line.trim().strip_prefix("IRQBALANCE_BANNED_CPULIST=")?.trim_matches('"'))
}

/// From the kernel's notation, hexadecimal in groups of 32 bits, `ff,ffffffff`.
pub fn parse_mask(text: &str) -> Option<BTreeSet<usize>> {
    let mut cores = BTreeSet::new();
    for (group, digits) in text.split(',').rev().enumerate() {
        let bits = u32::from_str_radix(digits, 16).ok()?;
        cores.extend((0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| group * 32 + bit));
    }
    Some(cores)
}

/// As the kernel prints it, in as many digits as `like`.
pub fn print_mask(cores: &BTreeSet<usize>, like: &str) -> String {
    let last = cores.last().copied().unwrap_or(0) / 32;
    let groups = like.split(',').count().max(last + 1);
    let bits = |group: usize| {
        let here = cores.iter().filter(|core| **core / 32 == group);
        here.fold(0u32, |bits, core| bits | 1 << (core % 32))
    };
    let all: Vec<_> = (0..groups).rev().map(|group| format!("{:08x}", bits(group))).collect();
    let text = all.join(",");
    let superfluous = text.len().saturating_sub(like.len());
    let zeros = text.bytes().take_while(|digit| matches!(digit, b'0' | b',')).count();
    text[superfluous.min(zeros).min(text.len() - 1)..].to_owned()
}
