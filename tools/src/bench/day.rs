//! What the parts `decode`, `book`, `pipeline` and `peers` work on: generated days and captures, as
//! files of messages in a temporary folder, and the thread that is timed.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::Context;
use rustix::time::{ClockId, Timespec, clock_gettime};
use tickline_feed::counts::Counts;
use tickline_feed::framing::{Event, Framing};
use tickline_feed::generate::{Day, Parameters};
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::{self, Stream};
use tickline_feed::venue::Venue;
use tickline_feed::with_stream;
use tickline_shared::process::{pin, touch_stack};

use super::error::BenchError;
use super::machine::preemptions;
use super::near::Cores;

/// Bytes of a capture that are measured: what is behind them tells nothing new, and the memory may
/// be needed.
const CAPTURE_BYTES_MAX: u64 = 1 << 30;

/// Symbols of a day that is long enough for them.
pub const SYMBOLS: u16 = 8_000;

/// A day of `messages`, and the orders that live at its height; fewer symbols and orders where the
/// day is too short for them.
pub fn day(messages: u64, live_orders: u64) -> Parameters {
    let usual = Parameters::of(messages);
    let live_orders = live_orders.min(messages / 14);
    Parameters { symbols: usual.symbols.min(SYMBOLS), live_orders, ..usual }
}

/// A capture as the bench uses it.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Its name in the report: that of the file.
    pub name: String,
    /// The file as given.
    pub path: PathBuf,
    /// Its messages, unpacked, with a length before each.
    pub unpacked: PathBuf,
    /// How many.
    pub messages: u64,
}

/// The temporary folder.
#[derive(Debug)]
pub struct Days {
    folder: tempfile::TempDir,
}

impl Days {
    /// An empty one.
    pub fn new() -> anyhow::Result<Days> {
        let folder = tempfile::Builder::new().prefix("tickline-bench-").tempdir();
        Ok(Days { folder: folder.context("a folder for the days to measure with")? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new, empty folder for a run.
    pub fn run_folder(&self) -> anyhow::Result<tempfile::TempDir> {
        Ok(tempfile::Builder::new().prefix("run-").tempdir_in(self.path())?)
    }

    /// The file of a generated day, which is made when it is first asked for.
    pub fn file(&self, day: &Parameters) -> anyhow::Result<PathBuf> {
        let Parameters { messages, symbols, live_orders, .. } = day;
        let path = self.path().join(format!("{messages}-{symbols}-{live_orders}.itch"));
        if !path.exists() {
            let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
            let written = Day::new(day)?.write_some(u64::MAX, &mut out);
            if let Err(error) = written.and_then(|_| out.flush()) {
                // Half a day is none.
                let _ = fs::remove_file(&path);
                return Err(error).with_context(|| format!("writing {}", path.display()));
            }
        }
        Ok(path)
    }

    /// Unpacks a capture.
    pub fn capture(&self, path: &Path, others: &[Capture]) -> anyhow::Result<Capture> {
        let unreadable =
            |error: &dyn std::fmt::Display| BenchError::Capture(path.into(), error.to_string());
        let input = Input::open(path).map_err(|error| unreadable(&error))?;
        let opened = stream::open(input, Some(Venue::NasdaqItch50), Sessions::default());
        let opened = opened.map_err(|error| unreadable(&error))?;
        let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if others.iter().any(|other| other.name == name) {
            name += &format!(" ({})", others.len() + 1);
        }
        let unpacked = self.path().join(format!("capture-{}.itch", others.len()));
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&unpacked)?);
        let messages = with_stream!(opened.stream, stream => unpack(stream, &mut out));
        let messages = messages.map_err(|error| unreadable(&error))?;
        out.flush()?;
        if messages == 0 {
            return Err(unreadable(&"it holds no message").into());
        }
        Ok(Capture { name, path: path.to_owned(), unpacked, messages })
    }
}

/// Writes the messages of a stream as BinaryFile; how many there were.
fn unpack<F: Framing>(mut stream: Stream<F>, out: &mut impl Write) -> anyhow::Result<u64> {
    let (mut counts, mut messages, mut written) = (Counts::default(), 0, 0);
    while written < CAPTURE_BYTES_MAX {
        match stream.next(&mut counts)? {
            Event::Message { bytes, .. } => {
                let Ok(length) = u16::try_from(bytes.len()) else { continue };
                out.write_all(&length.to_be_bytes())?;
                out.write_all(bytes)?;
                messages += 1;
                written += 2 + u64::from(length);
            }
            Event::End => break,
            _ => {}
        }
    }
    Ok(messages)
}

/// The messages of a BinaryFile in memory.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let (message, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = rest;
        // No bytes: the end mark.
        (!message.is_empty()).then_some(message)
    }
}

/// What some work cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// The time that its thread had a processor: another program's share does not count.
    pub cpu_ns: u64,
    /// The time that passed.
    pub wall_ns: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.cpu_ns += other.cpu_ns;
        self.wall_ns += other.wall_ns;
    }
}

/// Does some work, and tells what it cost.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (cpu, wall) = (now(ClockId::ThreadCPUTime), now(ClockId::Monotonic));
    let result = work();
    let cpu_ns = now(ClockId::ThreadCPUTime) - cpu;
    (result, Cost { cpu_ns, wall_ns: now(ClockId::Monotonic) - wall })
}

fn now(clock: ClockId) -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    tv_sec as u64 * 1_000_000_000 + tv_nsec as u64
}

/// Does some work in a thread of its own on the first core.
pub fn pinned<T: Send>(
    cores: &Cores,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            pin(cores.near)?;
            touch_stack();
            let result = work();
            // Relaxed: a counter.
            cores.preempted.fetch_add(preemptions(), Ordering::Relaxed);
            result
        });
        thread.join().map_err(|_| anyhow::anyhow!("the measuring thread panicked"))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_day_is_a_capture_too() {
        let days = Days::new().unwrap();
        let file = days.file(&day(5_000, 20_000)).unwrap();
        let capture = days.capture(&file, &[]).unwrap();
        let bytes = fs::read(&capture.unpacked).unwrap();
        assert_eq!((capture.messages, Messages(&bytes).count()), (5_000, 5_000));
        // All but the end mark, which is no message.
        assert_eq!(fs::read(&file).unwrap()[..bytes.len()], bytes);
        let again = days.capture(&file, std::slice::from_ref(&capture)).unwrap();
        assert_ne!((again.name, again.unpacked), (capture.name, capture.unpacked));
        let folder = days.path().to_owned();
        drop(days);
        assert!(!folder.exists());
    }

    #[test]
    fn what_is_no_capture_is_refused() {
        let days = Days::new().unwrap();
        for file in ["/no/file", "/proc/self/exe"] {
            let error = days.capture(Path::new(file), &[]).unwrap_err();
            assert!(error.is::<BenchError>(), "{error}");
        }
    }

    #[test]
    fn half_a_message_is_none() {
        assert_eq!(Messages(&[0, 2, 7, 7, 0, 3, 1]).count(), 1);
        assert_eq!(Messages(&[0, 1, 7, 0, 0, 0, 1, 7]).count(), 1);
        assert_eq!(Messages(&[0]).count(), 0);
    }
}
