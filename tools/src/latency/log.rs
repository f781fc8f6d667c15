//! Reads an HdrHistogram log: all intervals of a tag become one histogram.
//!
//! Line by line, so that a damaged one costs only itself: a process that was killed leaves its
//! last line cut off. No input panics, and none takes more memory than its own line and the
//! histogram need, both limited.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use tickline_shared::exit::Exit;

/// Far more than any histogram takes: at five digits and the full range it has 6 million counts.
const LINE_BYTES_MAX: u64 = 64 << 20;
const HISTOGRAM_BYTES_MAX: u64 = 64 << 20;

/// What an interval without a tag is called.
const UNTAGGED: &str = "untagged";

/// What a log holds.
#[derive(Debug, Default)]
pub struct Log {
    /// All intervals of a tag, as one; values in the unit of the log.
    pub stages: BTreeMap<String, Histogram<u64>>,
    /// Intervals read, of all tags.
    pub intervals: u64,
    /// Lines that were left out: number from 1, and why.
    pub damaged: Vec<(usize, Damage)>,
}

/// Why a line of a log means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The line is cut off, or was never one of a log.
    #[error("expected `Tag=…,start,length,max,histogram`")]
    NoInterval,
    /// The histogram is no base64.
    #[error("expected base64 after the third comma: {0}")]
    NoBase64(base64::DecodeError),
    /// The base64 is no histogram.
    #[error("expected a histogram in the base64: {0}")]
    NoHistogram(String),
    /// The histogram does not fit to those before.
    #[error("expected a histogram with the range of those before: {0}")]
    NoSum(String),
}

/// Why a log gives no, or not all, percentiles.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("{path}: cannot read the log: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has no interval, and nothing is damaged.
    #[error(
        "{0}: expected an HdrHistogram log, found no interval; \
         a run that ended within its first second may have none"
    )]
    Empty(PathBuf),
    /// It has no interval, and lines that could be anything.
    #[error("{path}:{line}: {damage}; no interval is whole: expected an HdrHistogram log")]
    NoLog {
        /// The file.
        path: PathBuf,
        /// The first damaged line, from 1.
        line: usize,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Lines are damaged.
    #[error(
        "{path}:{line}: {damage}; left out: {damaged} damaged of {lines} lines, \
         the percentiles are those of {intervals} whole intervals",
        lines = *.damaged as u64 + *.intervals
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first damaged line, from 1.
        line: usize,
        /// What is wrong with it.
        damage: Damage,
        /// How many lines are damaged.
        damaged: usize,
        /// How many intervals were read.
        intervals: u64,
    },
}

impl LogError {
    /// Percentiles of a part of the log are a failed run; with none at all it never began.
    pub fn exit(&self) -> Exit {
        match self {
            LogError::Damaged { .. } => Exit::Failed,
            LogError::Unreadable { .. } | LogError::Empty(_) | LogError::NoLog { .. } => {
                Exit::Usage
            }
        }
    }
}

impl Log {
    /// Reads all lines of a log.
    fn read(mut input: impl BufRead) -> io::Result<Log> {
        let (mut log, mut line, mut number) = (Log::default(), Vec::new(), 0);
        let mut deserializer = Deserializer::new();
        loop {
            line.clear();
            let bytes = (&mut input).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if bytes == 0 {
                return Ok(log);
            }
            if bytes as u64 == LINE_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of 64 MiB"));
            }
            number += 1;
            if let Err(damage) = log.add_line(&mut line, &mut deserializer) {
                log.damaged.push((number, damage));
            }
        }
    }

    /// Adds what one line says.
    fn add_line(&mut self, line: &mut Vec<u8>, with: &mut Deserializer) -> Result<(), Damage> {
        // The parser wants an end of line, which the last one may lack.
        line.truncate(line.trim_ascii_end().len());
        if line.is_empty() {
            return Ok(());
        }
        line.push(b'\n');
        let entry = match IntervalLogIterator::new(line).next() {
            Some(Ok(LogEntry::Interval(entry))) => entry,
            Some(Err(_)) => return Err(Damage::NoInterval),
            // A comment, or a time that no percentile depends on.
            Some(Ok(_)) | None => return Ok(()),
        };
        let bytes = STANDARD.decode(entry.encoded_histogram()).map_err(Damage::NoBase64)?;
        let histogram = decode(&bytes, with).map_err(Damage::NoHistogram)?;
        let tag = entry.tag().map_or(UNTAGGED, |tag| tag.as_str());
        match self.stages.get_mut(tag) {
            Some(sum) => sum.add(&histogram).map_err(|error| Damage::NoSum(error.to_string()))?,
            None => {
                let mut sum = histogram;
                sum.auto(true);
                self.stages.insert(tag.to_owned(), sum);
            }
        }
        self.intervals += 1;
        Ok(())
    }

    /// Whether everything in the log was read.
    pub fn check(&self, path: &Path) -> Result<(), LogError> {
        let Some((line, damage)) = self.damaged.first() else { return Ok(()) };
        let (path, line, damage) = (path.to_owned(), *line, damage.clone());
        let (damaged, intervals) = (self.damaged.len(), self.intervals);
        Err(match intervals {
            0 => LogError::NoLog { path, line, damage },
            _ => LogError::Damaged { path, line, damage, damaged, intervals },
        })
    }
}

/// Reads a log that has at least one whole interval.
pub fn read(path: &Path) -> Result<Log, LogError> {
    let unreadable = |source| LogError::Unreadable { path: path.to_owned(), source };
    let log = Log::read(BufReader::new(File::open(path).map_err(unreadable)?));
    let log = log.map_err(unreadable)?;
    if log.intervals == 0 {
        log.check(path)?;
        return Err(LogError::Empty(path.to_owned()));
    }
    Ok(log)
}

/// From either of the two encodings of format v2.
fn decode(bytes: &[u8], with: &mut Deserializer) -> Result<Histogram<u64>, String> {
    // What was compressed is unpacked here, because the library reserves whatever length the
    // packed data claims to have.
    const COMPRESSED: [u8; 4] = 0x1c84_9314_u32.to_be_bytes();
    let mut plain = Vec::new();
    match bytes.strip_prefix(&COMPRESSED) {
        Some(rest) => {
            let packed = rest.get(4..).unwrap_or_default();
            let unpacked = ZlibDecoder::new(packed).take(HISTOGRAM_BYTES_MAX);
            { unpacked }.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        }
        None => plain.extend_from_slice(bytes),
    }
    check_plain(&plain)?;
    with.deserialize(&mut plain.as_slice()).map_err(|error| error.to_string())
}

/// Header of an uncompressed histogram: cookie, length of the counts, offset, digits, range, ratio.
const HEADER_BYTES: usize = 40;

/// Refuses what the library would answer with a huge reservation or an overflow.
fn check_plain(plain: &[u8]) -> Result<(), String> {
    let Some((header, counts)) = plain.split_at_checked(HEADER_BYTES) else {
        return Err(format!("{} bytes, fewer than its header has", plain.len()));
    };
    let claimed = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
    if claimed > counts.len() {
        return Err(format!("{claimed} bytes of counts announced, {} there", counts.len()));
    }
    // The count -2^63, all ones as a variable-length number, has no positive counterpart.
    let mut rest = &counts[..claimed];
    while !rest.is_empty() {
        let last = rest.iter().take(8).position(|byte| byte & 0x80 == 0).unwrap_or(8);
        let (number, after) = rest.split_at((last + 1).min(rest.len()));
        if number == [0xff; 9] {
            return Err("a run of 2^63 zeros".to_owned());
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
