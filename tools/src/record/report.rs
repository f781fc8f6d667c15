//! What was recorded, for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use tickline_shared::recording::{Header, Why};

use super::Args;
use super::tap::Tapped;
use crate::output::stdout;
use crate::table::grouped;

/// See the head of this file. Serializes to the object of `record --json`.
#[derive(Serialize)]
pub struct Report {
    output: String,
    ring: String,
    venue: String,
    /// Why it ended.
    ended: &'static str,
    /// Number in the ring of the first record.
    first: u64,
    records: u64,
    lost: u64,
    overruns: u64,
    blocks: u32,
    bytes: u64,
    seconds: f64,
}

impl Report {
    /// Puts it together.
    pub fn new(args: &Args, header: &Header, tapped: &Tapped, took: Duration) -> Report {
        Report {
            output: args.output.to_string_lossy().into_owned(),
            ring: header.ring.clone(),
            venue: header.venue.clone(),
            ended: word(tapped.why),
            first: header.ring_first,
            records: tapped.written.records,
            lost: tapped.lost,
            overruns: tapped.overruns,
            blocks: tapped.blocks,
            bytes: tapped.written.bytes,
            seconds: took.as_secs_f64(),
        }
    }

    /// Prints it as JSON, or in words; on standard error where the recording goes to standard output.
    pub fn print(&self, json: bool, to_stderr: bool) -> io::Result<()> {
        let text = match json {
            true => serde_json::to_string_pretty(self)?,
            false => self.text(),
        };
        if to_stderr {
            // Nobody may be listening; the recording is written all the same.
            let _ = writeln!(io::stderr(), "{text}");
            return Ok(());
        }
        let mut out = stdout();
        writeln!(out, "{text}")?;
        out.flush()
    }

    fn text(&self) -> String {
        let lost = match (self.lost, self.overruns) {
            (0, _) => "nothing lost".to_owned(),
            (lost, 1) => format!("{} records lost at once", grouped(lost)),
            (lost, times) => format!("{} records lost at {times} times", grouped(lost)),
        };
        let begin = match self.first {
            0 => "from its first record on".to_owned(),
            first => format!("from its record {} on", grouped(first)),
        };
        let each = self.bytes as f64 / self.records.max(1) as f64;
        format!(
            "{}: {} records of ring {}, {begin}; {lost}\n{} bytes, {each:.1} a record; {:.1} s; {}",
            self.output,
            grouped(self.records),
            self.ring,
            grouped(self.bytes),
            self.seconds,
            self.ended,
        )
    }
}

/// For programs, and short.
fn word(why: Why) -> &'static str {
    match why {
        Why::FeedEnded => "feed ended",
        Why::FeedGone => "feed gone",
        Why::Stopped => "stopped",
        Why::Limit => "limit reached",
        Why::Failed => "failed",
    }
}
