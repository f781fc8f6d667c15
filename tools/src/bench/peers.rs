//! The part `peers`: the same work through the rivals, by the program `tickline-peers`, which lies
//! beside `tickline` where it was built; and other decoders on the same day.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tickline::measure::{Outcome, Work};

use super::Effort;
use super::day::{Days, day};
use super::figure::Figure;
use super::interrupt;
use super::near::{Cores, check, sized};
use super::rounds::{Figures, Measurement};
use crate::run::beside;

/// The name of the program.
const PROGRAM: &str = "tickline-peers";

/// Decoders that read the same day.
const DECODERS: [&str; 2] = ["itchy", "itch5"];

/// Bytes of a message that is as long as tickline's.
const SIZE: usize = 32;

/// Bytes of a tick with its number and its stamps: what tickline carries in any case.
const TICK: usize = 64;

/// How long a measurement of a rival takes, about.
const SECONDS: f64 = 0.4;

/// A rival, as the program describes it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Rival {
    /// One word.
    pub name: String,
    /// For people.
    pub title: String,
    /// 1: two threads of one process.
    pub processes: u8,
    /// Of `hop`, `round_trip`, `stream` and `batch`, what it can be asked for.
    works: Vec<String>,
    /// Bytes of a message that it carries.
    sizes: Vec<usize>,
    /// Whether it can be measured here.
    available: bool,
    /// What it lacks.
    needs: String,
}

/// The rivals that can be measured here, and what is missing for the others; `None` where the
/// program was not built.
pub fn find() -> anyhow::Result<Option<(Vec<Rival>, Vec<String>)>> {
    if !beside(PROGRAM).is_file() {
        return Ok(None);
    }
    let all: Vec<Rival> = ask(&["list"])?;
    let (there, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(|rival| rival.available);
    let missing = missing.iter().map(|rival| {
        format!("the rival {} cannot be measured here: it needs {}", rival.name, rival.needs)
    });
    Ok(Some((there, missing.collect())))
}

/// Runs the program, which answers with one JSON value.
fn ask<T: DeserializeOwned>(words: &[&str]) -> anyhow::Result<T> {
    let mut command = Command::new(beside(PROGRAM));
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().with_context(|| format!("starting {PROGRAM}"))?;
    // Relaxed: the number carries nothing but itself.
    interrupt::CHILD.store(child.id(), Ordering::Relaxed);
    let output = child.wait_with_output();
    interrupt::CHILD.store(0, Ordering::Relaxed);
    let output = output?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("{}", why.trim().trim_start_matches("error: "));
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("what {PROGRAM} answered"))
}

/// All of the part.
pub fn measurements(effort: Effort, days: &Arc<Days>, rivals: &[Rival]) -> Vec<Measurement> {
    let mut all = Vec::new();
    for rival in rivals {
        let sizes = rival.sizes.iter().copied();
        for size in sizes.filter(|size| *size <= TICK || effort == Effort::Full) {
            let through = Through { rival: rival.clone(), effort, size, pace: OnceCell::new() };
            let title = match size {
                SIZE => rival.name.clone(),
                size => format!("{}, {size} bytes", rival.name),
            };
            all.push(Measurement::new("peers", title, move |cores| through.measure(cores)));
        }
    }
    for name in DECODERS {
        let days = Arc::clone(days);
        all.push(Measurement::new("peers", format!("{name} decodes a day"), move |cores| {
            decode(cores, name, days.file(&day(effort.day(), 200_000))?)
        }));
    }
    all
}

/// One rival and one size of its messages.
struct Through {
    rival: Rival,
    effort: Effort,
    size: usize,
    /// What it carries, found out when it is first measured.
    pace: OnceCell<Pace>,
}

/// What a way carries, about.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Pace {
    per_second: f64,
    round_trip_ns: f64,
}

impl Pace {
    /// The rates at which its hop is measured: those that it carries with room to spare.
    fn hops(self, effort: Effort) -> &'static [(u64, &'static str)] {
        const ALL: [(u64, &str); 3] =
            [(1_000_000, "hop_1m"), (100_000, "hop_100k"), (10_000, "hop_10k")];
        match (self.per_second, effort) {
            (2e6.., Effort::Quick) => &ALL[..1],
            (2e6.., _) => &ALL[..2],
            (2e5.., _) => &ALL[1..2],
            _ => &ALL[2..],
        }
    }

    /// Messages of a stream and of round trips that take as long as a measurement shall.
    fn stream(self, seconds: f64) -> u64 {
        (self.per_second * seconds).clamp(1_000.0, 1e8) as u64
    }

    fn round_trips(self, seconds: f64) -> u64 {
        (seconds * 1e9 / self.round_trip_ns.max(50.0)).clamp(100.0, 5e5) as u64
    }
}

impl Through {
    fn measure(&self, cores: &Cores) -> anyhow::Result<Figures> {
        if self.pace.get().is_none() {
            let _ = self.pace.set(self.look(cores)?);
        }
        let Some(&pace) = self.pace.get() else { return Ok(Vec::new()) };
        let seconds = if self.effort == Effort::Quick { SECONDS / 10.0 } else { SECONDS };
        let mut figures = Vec::new();
        if self.size == SIZE && self.can("hop") {
            for (rate, key) in pace.hops(self.effort) {
                let messages = ((*rate as f64 * seconds) as u64).max(500);
                let hop = self.run(cores, Work::Hop { rate: *rate, messages })?.hop;
                figures.extend(hop.map(|hop| (self.key(key), Figure::Latency(hop))));
            }
        }
        if self.can("round_trip") && (self.size != TICK || self.effort == Effort::Full) {
            let messages = pace.round_trips(seconds);
            let hop = self.run(cores, Work::RoundTrip { messages })?.hop;
            figures.extend(hop.map(|hop| (self.key("rtt"), Figure::Latency(hop))));
        }
        for (work, batch, key) in
            [("stream", 1, "stream_per_second"), ("batch", 64, "stream_batch_per_second")]
        {
            // Batches of the long ones are larger than most queues.
            if self.can(work) && (batch == 1 || self.size == SIZE) {
                let messages = pace.stream(seconds);
                let rate = self.run(cores, Work::Stream { messages, batch })?.per_second;
                figures.extend(rate.map(|rate| (self.key(key), Figure::Number(rate))));
            }
        }
        Ok(figures)
    }

    fn can(&self, work: &str) -> bool {
        self.rival.works.iter().any(|known| known == work)
    }

    /// `rtrb/rtt`, `rtrb/rtt_256`, `rtrb/stream_256_per_second`.
    fn key(&self, key: &str) -> String {
        let (name, size) = (&self.rival.name, self.size);
        if size == SIZE {
            return format!("{name}/{key}");
        }
        match key.strip_suffix("_per_second") {
            Some(stem) => format!("{name}/{stem}_{size}_per_second"),
            None => format!("{name}/{key}_{size}"),
        }
    }

    /// Finds out how long measurements may be.
    fn look(&self, cores: &Cores) -> anyhow::Result<Pace> {
        let mut pace = Pace { per_second: 1e5, round_trip_ns: 1e5 };
        if self.can("stream") {
            // A short one of a slow way takes a moment, and tells how long one of a fast way is.
            for messages in [2_000, 200_000] {
                if messages > 2_000 && pace.per_second < 2e5 {
                    break;
                }
                let outcome = self.run(cores, Work::Stream { messages, batch: 1 })?;
                pace.per_second = outcome.per_second.unwrap_or(pace.per_second);
            }
        }
        if self.can("round_trip") {
            let outcome = self.run(cores, Work::RoundTrip { messages: 500 })?;
            pace.round_trip_ns = outcome.hop.map_or(pace.round_trip_ns, |hop| hop.p50 as f64);
        }
        Ok(pace)
    }

    fn run(&self, cores: &Cores, work: Work) -> anyhow::Result<Outcome> {
        let work = sized(work);
        let (json, size) = (serde_json::to_string(&work)?, self.size.to_string());
        let pair = format!("{},{}", cores.near, cores.far);
        let words = ["run", &self.rival.name, "--work", &json, "--size", &size, "--cores", &pair];
        let outcome: Outcome = ask(&words).with_context(|| format!("{work:?}"))?;
        check(&outcome, work)?;
        Ok(outcome)
    }
}

/// What a decoder answers.
#[derive(Deserialize)]
struct Decoded {
    messages: u64,
    bytes: u64,
    ns_per_message: Vec<f64>,
}

fn decode(cores: &Cores, name: &str, file: PathBuf) -> anyhow::Result<Figures> {
    let (file, core) = (file.to_string_lossy().into_owned(), cores.near.to_string());
    let decoded: Decoded = ask(&["decode", name, &file, "--core", &core, "--rounds", "1"])?;
    let Some(&ns) = decoded.ns_per_message.first() else { bail!("it timed no round") };
    let bytes = decoded.bytes as f64 / decoded.messages.max(1) as f64;
    let figure = |key: &str, number| (format!("{name}/{key}"), Figure::Number(number));
    Ok(vec![
        figure("ns_per_message", ns),
        figure("messages_per_second", 1e9 / ns),
        figure("gigabytes_per_second", bytes / ns),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_tried_where_it_is_carried() {
        let keys = |per_second, effort| {
            let pace = Pace { per_second, round_trip_ns: 100.0 };
            pace.hops(effort).iter().map(|(_, key)| *key).collect::<Vec<_>>()
        };
        assert_eq!(keys(1e8, Effort::Usual), ["hop_1m", "hop_100k"]);
        assert_eq!(keys(1e8, Effort::Quick), ["hop_1m"]);
        assert_eq!(keys(1.4e6, Effort::Usual), ["hop_100k"]);
        assert_eq!(keys(3e4, Effort::Usual), ["hop_10k"]);
    }

    #[test]
    fn slow_ways_carry_fewer_messages() {
        let slow = Pace { per_second: 5e4, round_trip_ns: 5e4 };
        assert_eq!((slow.stream(0.4), slow.round_trips(0.4)), (20_000, 8_000));
        let fast = Pace { per_second: 1e12, round_trip_ns: 0.0 };
        assert_eq!((fast.stream(0.4), fast.round_trips(0.4)), (100_000_000, 500_000));
    }

    #[test]
    fn keys_say_the_size() {
        let rival = r#"{"name": "rtrb", "title": "rtrb", "processes": 1, "works": ["hop"],
                        "sizes": [32], "available": true, "needs": ""}"#;
        let rival: Rival = serde_json::from_str(rival).unwrap();
        let key = |size, key| {
            let (rival, pace) = (rival.clone(), OnceCell::new());
            Through { rival, effort: Effort::Full, size, pace }.key(key)
        };
        assert_eq!(key(32, "rtt"), "rtrb/rtt");
        assert_eq!(key(256, "rtt"), "rtrb/rtt_256");
        assert_eq!(key(4096, "stream_per_second"), "rtrb/stream_4096_per_second");
    }
}
