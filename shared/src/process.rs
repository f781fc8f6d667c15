//! What each process of a run does to itself: its core and priority, its memory, its log, its end,
//! and what its loop cost.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::mm::{MlockAllFlags, mlockall, munlockall};
use rustix::process::{Resource, Signal, getppid, getrlimit, set_parent_process_death_signal};
use rustix::thread::{CapabilitySet, capabilities, sched_getcpu};
use thiserror::Error;

use crate::scenario::{Cores, Priority, print_list};

mod aside;
pub mod log;
mod priority;
pub mod service;

pub use aside::stand_aside;

/// The option by which `tickline launch` tells a process to end when its launcher does.
pub const LAUNCHER_OPTION: &str = "--launcher";

/// Why a process cannot run as it was told to.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The kernel does not let this process run on that core.
    #[error(
        "cannot run on core {core}: {reason}\n  cores that this process may use: {allowed}\n  \
         choose one of them, or widen the process's CPU set (taskset, cgroup cpuset)"
    )]
    Core {
        /// The core asked for.
        core: usize,
        /// What happened.
        reason: String,
        /// The cores of the affinity mask.
        allowed: String,
    },
    /// No handler for Ctrl-C and SIGTERM.
    #[error("cannot handle signals: {0}")]
    Signals(#[from] ctrlc::Error),
    /// The launcher ended before this process could ask to be told.
    #[error("the launcher is gone")]
    NoLauncher,
    /// No thread for the loop.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A file of the run cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Binds the calling thread to a core and makes sure that it runs there.
///
/// Threads started before keep the old mask: start helpers first.
pub fn pin(core: usize) -> Result<(), ProcessError> {
    let failed = |reason: String| {
        let allowed = print_list(&Cores::present().allowed);
        ProcessError::Core { core, reason, allowed }
    };
    // Not from `get_core_ids`, which leaves isolated cores out: the number is the system's own.
    if core >= 1024 || !core_affinity::set_for_current(core_affinity::CoreId { id: core }) {
        return Err(failed(format!("the kernel refused ({})", std::io::Error::last_os_error())));
    }
    let found = sched_getcpu();
    if found != core {
        return Err(failed(format!("the kernel accepted it but runs it on core {found}")));
    }
    Ok(())
}

/// Takes the calling thread, a loop, to its core and gives it its priority, in this order: a loop
/// of real time that spins on the core of another one would never let it go to its own.
///
/// Without the privilege, or without a core, the priority stays normal, which is a warning.
pub fn settle(core: Option<usize>, priority: Priority) -> Result<(), ProcessError> {
    if let Some(core) = core {
        pin(core)?;
    }
    let Priority::Fifo(level) = priority else { return Ok(()) };
    if core.is_none() {
        tracing::warn!(
            "no real-time priority, the loop has no core of its own: a spinning loop of real time \
             would stop others wherever it goes; to get it: name a `core`"
        );
    } else if let Err(error) = priority::raise(level) {
        tracing::warn!(
            "no real-time priority {level} ({error}): other programs take turns on the loop's core \
             and records wait for milliseconds; to get it: CAP_SYS_NICE, or a limit for rtprio of \
             {level} (ulimit -r; LimitRTPRIO= in a unit)"
        );
    }
    Ok(())
}

/// Keeps what is in memory in memory, and what comes into it later. Files of the run that are
/// mapped later may be let go again. To be called after [`touch_program`].
///
/// Only where there is no limit: with one, a later request for memory would fail. Without the
/// privilege nothing is locked, which is a warning.
pub fn lock_memory() {
    let limited = getrlimit(Resource::Memlock).current;
    let privileged =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    // On fault: what was never touched need not be there.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    let reason = match limited {
        Some(bytes) if !privileged => format!("the limit is {} KiB", bytes >> 10),
        _ => match mlockall(flags) {
            Ok(()) => return,
            Err(errno) => errno.to_string(),
        },
    };
    tracing::warn!(
        "memory is not locked ({reason}): when memory runs short the kernel takes pages away, and \
         a loop waits for milliseconds for each to come back; to lock it: CAP_IPC_LOCK, or no limit \
         for locked memory (ulimit -l unlimited; LimitMEMLOCK=infinity in a unit)"
    );
}

/// A flag that Ctrl-C, SIGTERM and SIGHUP set.
pub fn stop_flag() -> Result<Arc<AtomicBool>, ProcessError> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Relaxed: the flag carries nothing but itself.
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(stop)
}

/// Makes the kernel send SIGTERM to this process when its launcher, process `launcher`, dies: a
/// launcher that is killed leaves nothing running.
pub fn follow(launcher: u32) -> Result<(), ProcessError> {
    // The worst case without it is a process that runs on and answers to Ctrl-C.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    let parent = getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32);
    if parent == launcher { Ok(()) } else { Err(ProcessError::NoLauncher) }
}

/// Brings the program's code and data into memory: a page of code that is run for the first time
/// is a page fault as well. To be called early, before large files are mapped.
pub fn touch_program() {
    // Locking faults every page in; unlocking leaves them there. Refused where the limit for
    // locked memory is small, and then a few page faults come later and are counted.
    if mlockall(MlockAllFlags::CURRENT).is_ok() {
        let _ = munlockall();
    }
}

/// Touches the stack that the calling thread's loop will use, so that no page of it is missing
/// when the first record comes.
#[inline(never)]
pub fn touch_stack() {
    std::hint::black_box([0u8; 64 << 10]);
    // The first look at the page faults brings in what the others need.
    page_faults();
}

/// Page faults of the calling thread since it began (minor and major; `proc(5)`, fields 10 and 12
/// of `stat`).
pub fn page_faults() -> u64 {
    // One look at one buffer: the kernel gives the line whole, and nothing is allocated.
    let mut line = [0; 1024];
    let read = std::fs::File::open("/proc/thread-self/stat").and_then(|mut f| f.read(&mut line));
    page_faults_in(std::str::from_utf8(&line[..read.unwrap_or(0)]).unwrap_or_default())
}

/// The page faults that a `stat` of a thread or a process tells of; 0 where it is no such line.
pub fn page_faults_in(stat: &str) -> u64 {
    // The name of the thread may hold spaces and parentheses; it ends at the last one.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    field(10).unwrap_or(0) + field(12).unwrap_or(0)
}

/// Writes a file of the run whole: under another name first, so that nobody reads half of it.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), ProcessError> {
    let draft = path.with_extension("partial");
    std::fs::write(&draft, contents)
        .and_then(|()| std::fs::rename(&draft, path))
        .map_err(|source| ProcessError::Write { path: path.to_owned(), source })
}

/// What an earlier process left under this name stays, as `NAME.1`, the one before it as `NAME.2`,
/// and so on up to `NAME.9`.
pub fn keep_earlier(path: &Path) {
    let numbered = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    // What cannot be kept is written over, as it would be without this.
    for number in (1..9).rev() {
        let _ = std::fs::rename(numbered(number), numbered(number + 1));
    }
    let _ = std::fs::rename(path, numbered(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_earlier_processes_left_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latency-a.hlog");
        keep_earlier(&path);
        for text in 0..12 {
            std::fs::write(&path, text.to_string()).unwrap();
            keep_earlier(&path);
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read("latency-a.hlog"), None);
        assert_eq!(read("latency-a.hlog.1").as_deref(), Some("11"));
        assert_eq!(read("latency-a.hlog.9").as_deref(), Some("3"));
        assert_eq!(read("latency-a.hlog.10"), None);
    }

    /// Whether or not this process may: without, the loop runs on.
    #[test]
    fn a_thread_is_raised_once_it_has_its_core() {
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_, fields) = stat.rsplit_once(')').unwrap();
            let field = |number: usize| fields.split_whitespace().nth(number - 3).unwrap();
            (field(40).to_owned(), field(41).to_owned())
        };
        let core = *Cores::present().allowed.first().unwrap();
        let thread = std::thread::spawn(move || {
            settle(None, Priority::Fifo(1)).unwrap();
            assert_eq!(policy(), ("0".to_owned(), "0".to_owned()));
            settle(Some(core), Priority::Fifo(1)).unwrap();
            assert_eq!(sched_getcpu(), core);
            policy()
        });
        let nice = capabilities(None).unwrap().effective.contains(CapabilitySet::SYS_NICE);
        if nice {
            assert_eq!(thread.join().unwrap(), ("1".to_owned(), "1".to_owned()));
        }
    }

    #[test]
    fn a_core_that_does_not_exist_is_refused_with_those_that_do() {
        for core in [1000, 1024, usize::MAX] {
            let error = pin(core).unwrap_err().to_string();
            assert!(error.contains("may use: 0"), "{error}");
        }
    }

    #[test]
    fn touching_memory_counts_as_page_faults() {
        let before = page_faults();
        let touched = vec![1u8; 64 << 20];
        assert!(page_faults() > before, "{}", touched.len());
    }

    #[test]
    fn only_the_parent_is_a_launcher() {
        assert!(matches!(follow(u32::MAX), Err(ProcessError::NoLauncher)));
        follow(std::os::unix::process::parent_id()).unwrap();
        set_parent_process_death_signal(None).unwrap();
    }
}
