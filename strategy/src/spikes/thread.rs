//! What the system counts of the loop's thread: page faults, involuntary switches, and how long it
//! waited for its core.
//!
//! The loop itself looks when it keeps a spike. So that such a look tells of a fraction of a second
//! and not of the whole time since the spike before, the log's thread notes the same counters ten
//! times a second, and a look counts from the note before the last: the log's thread may be what
//! took the core away, and its latest note then holds the switch already.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use nix::sys::resource::{UsageWho, getrusage};
use rustix::thread::gettid;
use tickline_shared::clock::Scale;
use tickline_shared::process::page_faults_in;
use tickline_shared::summary::ThreadCounts;

/// Counters of a thread at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counters {
    /// In cycles.
    at: u64,
    page_faults: u64,
    involuntary_switches: u64,
    waited_ns: u64,
}

impl Counters {
    fn since(&self, before: &Counters) -> Counters {
        Counters {
            at: self.at.saturating_sub(before.at),
            page_faults: self.page_faults.saturating_sub(before.page_faults),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(before.involuntary_switches),
            waited_ns: self.waited_ns.saturating_sub(before.waited_ns),
        }
    }
}

/// What was counted over a while before a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Counted(Counters);

impl Counted {
    pub(super) fn summary(&self, scale: Scale) -> ThreadCounts {
        let Counters { at, page_faults, involuntary_switches, waited_ns } = self.0;
        ThreadCounts {
            over_ns: scale.nanos(at),
            page_faults,
            involuntary_switches,
            waited_for_core_ns: waited_ns,
        }
    }
}

/// What the loop and the log's thread tell each other: which thread, and its counters a tenth or
/// two of a second ago.
#[derive(Default)]
pub(super) struct Watched {
    thread: AtomicI32,
    at: AtomicU64,
    page_faults: AtomicU64,
    involuntary_switches: AtomicU64,
    waited_ns: AtomicU64,
}

// Relaxed throughout: the values only grow, and one that is a little older does no harm.
impl Watched {
    fn store(&self, counters: &Counters) {
        self.page_faults.store(counters.page_faults, Ordering::Relaxed);
        self.involuntary_switches.store(counters.involuntary_switches, Ordering::Relaxed);
        self.waited_ns.store(counters.waited_ns, Ordering::Relaxed);
        self.at.store(counters.at, Ordering::Relaxed);
    }

    fn load(&self) -> Counters {
        Counters {
            at: self.at.load(Ordering::Relaxed),
            page_faults: self.page_faults.load(Ordering::Relaxed),
            involuntary_switches: self.involuntary_switches.load(Ordering::Relaxed),
            waited_ns: self.waited_ns.load(Ordering::Relaxed),
        }
    }
}

/// The loop's end.
pub(super) struct LoopThread {
    watched: Arc<Watched>,
    /// Held open: a look is then one system call. Absent where the kernel keeps no such file.
    schedstat: Option<File>,
    /// The counters from which the next look counts, or the note of the log's thread if it is
    /// newer.
    from: Counters,
    /// Those from which the last look counted.
    before: Counters,
}

impl LoopThread {
    pub(super) fn new(watched: Arc<Watched>) -> LoopThread {
        let (from, before) = (Counters::default(), Counters::default());
        LoopThread { watched, schedstat: None, from, before }
    }

    /// The calling thread is the one to be counted from now on. Its first look, which brings in
    /// the code for the others, is here.
    pub(super) fn begin(&mut self, now: u64) {
        self.schedstat = File::open("/proc/thread-self/schedstat").ok();
        self.from = self.read(now).unwrap_or_default();
        self.watched.store(&self.from);
        self.watched.thread.store(gettid().as_raw_nonzero().get(), Ordering::Relaxed);
    }

    /// What was counted until `now` since the look before; `again` says that this one concerns the
    /// same spike, and counts from where that one did.
    pub(super) fn count(&mut self, now: u64, again: bool) -> Option<Counted> {
        let counters = self.read(now)?;
        if !again {
            let noted = self.watched.load();
            self.before = if noted.at > self.from.at { noted } else { self.from };
        }
        self.from = counters;
        Some(Counted(counters.since(&self.before)))
    }

    fn read(&self, now: u64) -> Option<Counters> {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        let mut line = [0; 96];
        let line = self.schedstat.as_ref().and_then(|file| read(file, &mut line).ok());
        Some(Counters {
            at: now,
            page_faults: count(usage.minor_page_faults()) + count(usage.major_page_faults()),
            involuntary_switches: count(usage.involuntary_context_switches()),
            waited_ns: waited_ns(line.unwrap_or_default()),
        })
    }
}

/// The second number of a `schedstat`: ns spent ready to run, without a core.
fn waited_ns(schedstat: &str) -> u64 {
    schedstat.split_whitespace().nth(1).and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// The log thread's end.
pub(super) struct ThreadWatch {
    watched: Arc<Watched>,
    files: Option<ThreadFiles>,
    last: Counters,
}

impl ThreadWatch {
    /// Watches the thread that the loop names.
    pub(super) fn new(watched: Arc<Watched>) -> ThreadWatch {
        ThreadWatch { watched, files: None, last: Counters::default() }
    }

    /// Notes the counters, at `now` cycles; the loop gets the note before.
    pub(super) fn note(&mut self, now: u64) {
        let thread = self.watched.thread.load(Ordering::Relaxed);
        let known = self.files.as_ref().is_some_and(|files| files.thread == thread);
        if !known {
            self.files = ThreadFiles::open(thread).ok();
        }
        let counters = self.files.as_ref().and_then(|files| files.read(now).ok());
        let Some(counters) = counters else { return };
        // Another attachment has another thread, whose counters began anew.
        if known {
            self.watched.store(&self.last);
        }
        self.last = counters;
    }
}

/// What the kernel tells of another thread of this process, held open.
struct ThreadFiles {
    thread: i32,
    stat: File,
    status: File,
    /// Absent where the kernel does not account for it.
    schedstat: Option<File>,
}

impl ThreadFiles {
    fn open(thread: i32) -> io::Result<ThreadFiles> {
        let open = |name: &str| File::open(format!("/proc/self/task/{thread}/{name}"));
        let schedstat = open("schedstat").ok();
        Ok(ThreadFiles { thread, stat: open("stat")?, status: open("status")?, schedstat })
    }

    /// The counters at `at` cycles; an error when the thread has ended.
    fn read(&self, at: u64) -> io::Result<Counters> {
        let mut text = [0; 4096];
        Ok(Counters {
            at,
            page_faults: page_faults_in(read(&self.stat, &mut text)?),
            involuntary_switches: involuntary_switches(read(&self.status, &mut text)?),
            waited_ns: match &self.schedstat {
                Some(schedstat) => waited_ns(read(schedstat, &mut text)?),
                None => 0,
            },
        })
    }
}

/// The text of a file that the kernel makes, read anew.
fn read<'a>(file: &File, text: &'a mut [u8]) -> io::Result<&'a str> {
    let length = file.read_at(text, 0)?;
    Ok(std::str::from_utf8(&text[..length]).unwrap_or_default())
}

fn involuntary_switches(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_count_the_same() {
        let watched = Arc::new(Watched::default());
        let mut own = LoopThread::new(Arc::clone(&watched));
        own.begin(10);
        let touched = vec![1u8; 64 << 20];
        let Counted(counted) = own.count(110, false).unwrap();
        assert_eq!(counted.at, 100);
        assert!(counted.page_faults > 0, "{}", touched.len());
        let files = ThreadFiles::open(watched.thread.load(Ordering::Relaxed)).unwrap();
        let other = files.read(120).unwrap();
        let own = own.read(120).unwrap();
        // Reading /proc may fault once more.
        assert!(other.page_faults.abs_diff(own.page_faults) < 100, "{other:?} {own:?}");
        assert!(own.involuntary_switches.abs_diff(other.involuntary_switches) < 100);
    }

    #[test]
    fn a_look_counts_from_the_look_or_the_note_before() {
        let watched = Arc::new(Watched::default());
        let mut own = LoopThread::new(Arc::clone(&watched));
        own.begin(0);
        let mut over = |now, again| own.count(now, again).unwrap().0.at;
        assert_eq!(over(50, false), 50);
        assert_eq!(over(60, false), 10);
        assert_eq!(over(70, true), 20, "the same spike");
        let mut watch = ThreadWatch::new(watched);
        watch.note(100);
        assert_eq!(over(150, false), 80, "the last note is not used yet");
        watch.note(200);
        watch.note(300);
        assert_eq!(over(350, false), 150);
    }

    #[test]
    fn what_the_kernel_writes() {
        assert_eq!(waited_ns("354706 57508 2\n"), 57_508);
        assert_eq!(waited_ns(""), 0);
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t41\n";
        assert_eq!(involuntary_switches(status), 41);
        assert_eq!(involuntary_switches("Name:\tx\n"), 0);
        assert!(ThreadFiles::open(i32::MAX).is_err());
    }
}
