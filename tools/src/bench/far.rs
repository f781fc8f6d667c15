//! The far end: the second process of a measurement, on the second core.
//!
//! `tickline bench` starts its own program again with a [`Job`] as argument and, for the bare ways,
//! the shared memory as standard input. The far end prints one line of JSON: an [`Answer`].

use std::io::{Write, stdin};
use std::os::fd::AsFd;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tickline::measure::{Outcome, Receiver, Sender, Work, pong, receive_all};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::exit::Exit;
use tickline_shared::memory::{Access, Region};
use tickline_shared::process::{follow, pin, touch_stack};
use tickline_shared::scenario::{Pages, ReaderMode};

use super::line::{Bell, Board, Direction, Line, Lines, REGION_BYTES};
use super::machine::preemptions;
use super::ring::{Feed, Reading, Readings};
use crate::output::stdout;

/// What carries the messages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Way {
    /// One bare cache line.
    Line {
        /// Whether the ends poll with `pause`.
        pause: bool,
    },
    /// Bare cache lines in a row: nothing is lost.
    Lines {
        /// Whether the receiver polls with `pause`.
        pause: bool,
    },
    /// A bare cache line and a futex.
    Bell,
    /// A ring.
    Ring {
        /// Its name.
        name: String,
        /// Slots of it, and of the ring back.
        slots: usize,
        /// Readers on the far core.
        readers: usize,
        /// Whether the writer waits for them.
        lossless: bool,
        /// Whether they sleep when nothing is there.
        park: bool,
    },
}

/// What the far end shall do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its core.
    pub core: usize,
    /// See [`Scale::multiplier`].
    pub multiplier: u64,
    /// The process that started it.
    pub launcher: u32,
    /// What carries the messages.
    pub way: Way,
    /// What is asked of it.
    pub work: Work,
}

/// The far end of `tickline bench`, which starts it: not for people.
#[derive(clap::Args)]
pub struct Args {
    /// A job, as JSON.
    job: String,
}

/// Runs the far end.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let job: Job = serde_json::from_str(&args.job)?;
    follow(job.launcher)?;
    let outcome = match ClockKind::detect() {
        ClockKind::Tsc => measure::<Tsc>(&job)?,
        ClockKind::Monotonic => measure::<Monotonic>(&job)?,
    };
    let mut out = stdout();
    serde_json::to_writer(&mut out, &Answer { outcome, preempted: preemptions() })?;
    out.flush()?;
    Ok(Exit::Ok)
}

/// What the far end says at its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// What it measured; nothing, where the near end does.
    pub outcome: Outcome,
    /// How often the kernel let somebody else have its core.
    pub preempted: u64,
}

fn measure<C: Clock>(job: &Job) -> anyhow::Result<Outcome> {
    let ends = Ends { scale: Scale { multiplier: job.multiplier }, work: job.work };
    match &job.way {
        Way::Line { pause } => {
            let board = board()?;
            pin(job.core)?;
            let receiver = Line::new(&board, Direction::There, *pause);
            let sender = Line::new(&board, Direction::Back, *pause);
            Ok(ends.run::<C>(receiver, sender))
        }
        Way::Lines { pause } => {
            let receiver = Lines::new(&board()?, *pause);
            pin(job.core)?;
            Ok(ends.one_way::<C>(receiver))
        }
        Way::Bell => {
            let receiver = Bell::new(&board()?);
            pin(job.core)?;
            Ok(ends.one_way::<C>(receiver))
        }
        Way::Ring { name, slots, readers, lossless, park } => {
            let mode = if *lossless { ReaderMode::Lossless } else { ReaderMode::Lossy };
            let attach = |at: usize| Reading::attach(name, &format!("far-{at}"), mode, *park);
            if matches!(job.work, Work::RoundTrip { .. }) {
                let mut back = Feed::open(&back(name), *slots, Pages::Huge, ends.scale)?;
                pin(job.core)?;
                let receiver = attach(0)?;
                back.wait_for(1, || false);
                return Ok(ends.run::<C>(receiver, back));
            }
            pin(job.core)?;
            if *readers == 1 {
                return Ok(ends.one_way::<C>(attach(0)?));
            }
            let readers = (0..*readers).map(attach).collect::<anyhow::Result<_>>()?;
            Ok(ends.one_way::<C>(Readings { readers }))
        }
    }
}

/// The name of the ring on the way back.
pub fn back(name: &str) -> String {
    format!("{name}-back")
}

/// The memory that came as standard input.
fn board() -> anyhow::Result<Board> {
    let file = stdin().as_fd().try_clone_to_owned()?;
    let region = Arc::new(Region::open(file, REGION_BYTES, Access::Write)?);
    Ok(Board::of(&region))
}

/// What the far end says once it is on its core and listens.
pub const READY: &str = "ready\n";

/// Says so.
fn ready() {
    touch_stack();
    let mut out = stdout();
    // Whoever does not hear it does not send either, and patience ends.
    let _ = out.write_all(READY.as_bytes()).and_then(|()| out.flush());
}

struct Ends {
    scale: Scale,
    work: Work,
}

impl Ends {
    fn one_way<C: Clock>(&self, mut receiver: impl Receiver) -> Outcome {
        ready();
        receive_all::<C>(self.work, self.scale, &mut receiver)
    }

    fn run<C: Clock>(&self, mut receiver: impl Receiver, mut sender: impl Sender) -> Outcome {
        let Work::RoundTrip { messages } = self.work else { return self.one_way::<C>(receiver) };
        ready();
        pong::<C>(messages, self.scale, &mut receiver, &mut sender);
        Outcome::default()
    }
}
