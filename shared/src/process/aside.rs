//! A thread that does what nobody waits for keeps off the cores of the loops.

use std::collections::BTreeSet;

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::scenario::Cores;

/// Keeps the calling thread off these cores, where it may run on others; threads that it starts
/// inherit that. Whether it could.
pub fn stand_aside(loops: &BTreeSet<usize>) -> bool {
    let allowed = Cores::present().allowed;
    let free: Vec<usize> = allowed.difference(loops).copied().collect();
    if free.len() == allowed.len() {
        return true;
    }
    let mut set = CpuSet::new();
    free.iter().for_each(|&core| set.set(core));
    !free.is_empty() && sched_setaffinity(None, &set).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_leaves_cores_to_the_loops_where_there_are_others() {
        let all = Cores::present().allowed;
        let stand_aside_from = |loops: BTreeSet<usize>| {
            let thread =
                std::thread::spawn(move || (stand_aside(&loops), Cores::present().allowed));
            thread.join().unwrap()
        };
        assert_eq!(stand_aside_from([].into()), (true, all.clone()));
        assert_eq!(stand_aside_from([1023].into()), (true, all.clone()));
        assert_eq!(stand_aside_from(all.clone()), (false, all.clone()));
        let first = *all.first().unwrap();
        let others: BTreeSet<usize> = all.iter().copied().filter(|core| *core != first).collect();
        if !others.is_empty() {
            assert_eq!(stand_aside_from([first].into()), (true, others));
        }
    }
}
