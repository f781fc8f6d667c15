//! Who had the cores, as `/proc` tells it (`proc(5)`), in ticks.

use std::collections::BTreeMap;
use std::fs;

/// What some cores did since the machine started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CoreTimes {
    /// Ran a process or the kernel.
    pub busy: u64,
    /// Wanted to run, and the host had others run.
    pub steal: u64,
    /// All of the time.
    pub total: u64,
}

/// A process other than this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    pub name: String,
    /// When it began: two processes may have one number, one after the other.
    pub began: u64,
    /// The time that it ran.
    pub ticks: u64,
    /// Where it ran last.
    pub core: usize,
}

/// Of these cores together.
pub fn core_times(cores: &[usize]) -> CoreTimes {
    sum(&fs::read_to_string("/proc/stat").unwrap_or_default(), cores)
}

/// Of these cores together, from the text of `/proc/stat`; zeros where it has none of them.
pub fn sum(stat: &str, cores: &[usize]) -> CoreTimes {
    let mut times = CoreTimes::default();
    for line in stat.lines() {
        let mut words = line.split_whitespace();
        let core = words.next().and_then(|word| word.strip_prefix("cpu")?.parse().ok());
        if !core.is_some_and(|core: usize| cores.contains(&core)) {
            continue;
        }
        // user nice system idle iowait irq softirq steal; guest time is part of user time.
        let numbers: Vec<u64> = words.take(8).filter_map(|word| word.parse().ok()).collect();
        let [user, nice, system, idle, iowait, irq, softirq, steal] = numbers[..] else { continue };
        let busy = user + nice + system + irq + softirq;
        times.busy += busy;
        times.steal += steal;
        times.total += busy + idle + iowait + steal;
    }
    times
}

/// CPU time of this process and of all that it started and waited for.
pub fn own() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let Some((_, fields)) = fields(&stat) else { return 0 };
    // utime, stime, cutime, cstime
    (14..=17).filter_map(|number| field(&fields, number)).sum()
}

/// All processes but this one, by their number.
pub fn processes() -> BTreeMap<u32, Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let numbers = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id());
    let process = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, read(&stat)?))
    };
    numbers.filter_map(process).collect()
}

fn read(stat: &str) -> Option<Process> {
    let (name, fields) = fields(stat)?;
    let ticks = field(&fields, 14)? + field(&fields, 15)?;
    let (began, core) = (field(&fields, 22)?, field(&fields, 39)? as usize);
    Some(Process { name: name.to_owned(), began, ticks, core })
}

/// The name of a process, which may hold spaces and parentheses, and the fields behind it.
fn fields(stat: &str) -> Option<(&str, Vec<&str>)> {
    let (name, fields) = stat.split_once('(')?.1.rsplit_once(')')?;
    Some((name, fields.split_whitespace().collect()))
}

/// A field by its number in the manual; the first behind the name is 3.
fn field(fields: &[&str], number: usize) -> Option<u64> {
    fields.get(number - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_add_up() {
        let stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 100 5 6 7 8 1 1\ncpu1 1 1 1 1 1 1 1 1 0 0\n\
                    cpu2 9 9 9 9 9 9 9 9 9 9\nintr 5\n";
        let busy = 1 + 2 + 3 + 6 + 7;
        let (steal, total) = (8, busy + 100 + 5 + 8);
        let one = CoreTimes { busy, steal, total };
        assert_eq!(sum(stat, &[0, 7]), one);
        let both = CoreTimes { busy: busy + 5, steal: 9, total: total + 8 };
        assert_eq!(sum(stat, &[0, 1]), both);
        assert_eq!(sum("", &[0, 1]), CoreTimes::default());
    }

    #[test]
    fn a_process_with_a_name_as_it_likes() {
        let fields: Vec<String> = (3..=52).map(|number| (number * 10).to_string()).collect();
        let stat = format!("7 (a) (b) R {}\n", fields[1..].join(" "));
        let process = read(&stat).unwrap();
        assert_eq!(process.name, "a) (b");
        assert_eq!((process.ticks, process.began, process.core), (290, 220, 390));
        assert_eq!(read("7 (a"), None);
    }

    #[test]
    fn this_machine_says_something() {
        assert!(!processes().contains_key(&std::process::id()));
        assert!(core_times(&[0, 1]).total > 0);
    }
}
