//! The cores of this machine, as far as a process may be pinned to them.

use std::collections::BTreeSet;
use std::fs;

use rustix::thread::{CpuSet, sched_getaffinity};

/// Which cores there are. The kernel keeps processes off isolated cores unless they ask for one,
/// so those are missing from `allowed` and still the best choice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cores {
    /// Switched on.
    pub online: BTreeSet<usize>,
    /// This process may run on them now.
    pub allowed: BTreeSet<usize>,
    /// Kept free by the boot option `isolcpus`.
    pub isolated: BTreeSet<usize>,
}

impl Cores {
    /// Of the machine that we run on. Where sysfs is hidden, what is allowed is what there is.
    pub fn present() -> Cores {
        let list = |file: &str| {
            let text = fs::read_to_string(format!("/sys/devices/system/cpu/{file}"));
            text.ok().and_then(|text| parse_list(&text))
        };
        let allowed = sched_getaffinity(None).map_or_else(
            |_| BTreeSet::new(),
            |set| (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect(),
        );
        Cores {
            online: list("online").unwrap_or_else(|| allowed.clone()),
            isolated: list("isolated").unwrap_or_default(),
            allowed,
        }
    }

    /// The cores of some processes, by what each asks for: who names none gets the next one that is
    /// allowed and that nobody names; `None` where none is left.
    pub fn place(&self, wanted: &[Option<usize>]) -> Vec<Option<usize>> {
        let mut free = self.allowed.iter().copied().filter(|core| !wanted.contains(&Some(*core)));
        wanted.iter().map(|core| core.or_else(|| free.next())).collect()
    }

    /// Whether a process may be pinned to this core.
    pub fn usable(&self, core: usize) -> bool {
        self.online.contains(&core)
            && (self.allowed.contains(&core) || self.isolated.contains(&core))
    }
}

/// From the kernel's notation, `0-3,8`; `None` for anything else.
pub fn parse_list(text: &str) -> Option<BTreeSet<usize>> {
    let mut cores = BTreeSet::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last >= CpuSet::MAX_CPU {
            return None;
        }
        cores.extend(first..=last);
    }
    Some(cores)
}

/// In the kernel's notation, `0-3,8`.
pub fn print_list(cores: &BTreeSet<usize>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &core in cores {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == core => *last = core,
            _ => runs.push((core, core)),
        }
    }
    let print = |&(first, last): &(usize, usize)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(print).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_no_core_gets_one_that_nobody_names() {
        let cores =
            Cores { online: (0..4).collect(), allowed: [0, 1, 2].into(), ..Cores::default() };
        let place = |wanted: &[Option<usize>]| cores.place(wanted);
        assert_eq!(place(&[None, Some(0), None]), [Some(1), Some(0), Some(2)]);
        assert_eq!(
            place(&[Some(7), None, None, None, None])[1..],
            [Some(0), Some(1), Some(2), None]
        );
        assert_eq!(place(&[]), []);
    }

    #[test]
    fn lists_read_and_print_as_the_kernel_writes_them() {
        for list in ["0", "0-3", "0-3,8", "0,2,4-5", ""] {
            assert_eq!(print_list(&parse_list(list).unwrap()), list);
        }
        assert_eq!(parse_list("0-1\n"), Some([0, 1].into()));
        for wrong in ["a", "1-", "-1", "0-99999999999", "1 2"] {
            assert_eq!(parse_list(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_isolated_core_is_usable_and_one_outside_of_the_mask_is_not() {
        let cores =
            Cores { online: [0, 1, 2].into(), allowed: [0].into(), isolated: [2, 9].into() };
        assert_eq!([0, 1, 2, 9].map(|core| cores.usable(core)), [true, false, true, false]);
    }
}
