//! The near end: this process, on the first core. It starts the far end, and sends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, bail};
use tickline::measure::{Outcome, Receiver, Sender, Work, ping, send_all};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::memory::Region;
use tickline_shared::process::{pin, touch_stack};
use tickline_shared::scenario::{Pages, ReaderMode};

use super::far::{Answer, Job, Way, back};
use super::line::{Bell, Board, Direction, Line, Lines, REGION_BYTES};
use super::machine::preemptions;
use super::ring::{Feed, Reading};

/// Two cores and their clock.
#[derive(Debug)]
pub struct Cores {
    /// Where the sender runs.
    pub near: usize,
    /// Where the receiver runs.
    pub far: usize,
    /// The clock's scale.
    pub scale: Scale,
    /// How often the kernel let somebody else have the core of a measuring thread.
    pub preempted: AtomicU64,
}

/// Messages of a work in a debug build, whose figures mean nothing: only to see that it works.
const DEBUG_MESSAGES_MAX: u64 = 20_000;

/// The work itself, or a small one of its kind in a debug build.
pub fn sized(work: Work) -> Work {
    let most = |messages: u64| match cfg!(debug_assertions) {
        true => messages.min(DEBUG_MESSAGES_MAX),
        false => messages,
    };
    match work {
        Work::Hop { rate, messages } => Work::Hop { rate, messages: most(messages) },
        Work::RoundTrip { messages } => Work::RoundTrip { messages: most(messages) },
        Work::Stream { messages, batch } => Work::Stream { messages: most(messages), batch },
    }
}

/// A fresh name for a ring of this process.
pub fn ring_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Relaxed: only the numbers matter.
    format!("bench-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Cores {
    /// These two.
    pub fn new(near: usize, far: usize, scale: Scale) -> Cores {
        Cores { near, far, scale, preempted: AtomicU64::new(0) }
    }

    /// Runs `work` over `way`; `pages` are those of a ring.
    pub fn measure(&self, way: Way, work: Work, pages: Pages) -> anyhow::Result<Outcome> {
        let work = sized(work);
        let outcome = match ClockKind::detect() {
            ClockKind::Tsc => self.measure_by::<Tsc>(way.clone(), work, pages),
            ClockKind::Monotonic => self.measure_by::<Monotonic>(way.clone(), work, pages),
        };
        outcome.with_context(|| format!("measuring {work:?} over {way:?}"))
    }

    fn measure_by<C: Clock>(&self, way: Way, work: Work, pages: Pages) -> anyhow::Result<Outcome> {
        if let Way::Ring { name, slots, readers, .. } = &way {
            let feed = Feed::open(name, *slots, pages, self.scale)?;
            let (name, readers) = (name.clone(), *readers);
            let far = self.start(way, work, Stdio::null())?;
            return self.run(far, work, move |scale, ready, gone| {
                let mut feed = feed;
                let _ = ready;
                if !feed.wait_for(readers, || is_set(gone)) {
                    return Ok(None);
                }
                let Work::RoundTrip { messages } = work else {
                    send_all::<C>(work, scale, &mut feed, || is_set(gone));
                    feed.end();
                    return Ok(None);
                };
                let mut receiver =
                    Reading::attach(&back(&name), "near", ReaderMode::Lossless, false)?;
                Ok(Some(ping::<C>(messages, scale, &mut feed, &mut receiver)))
            });
        }
        let region = Arc::new(Region::create(REGION_BYTES, Pages::Small, false)?);
        let board = Board::of(&region);
        let memory = Stdio::from(region.descriptor().try_clone_to_owned()?);
        let far = self.start(way.clone(), work, memory)?;
        self.run(far, work, move |scale, ready, gone| {
            if ready.recv().is_err() {
                return Ok(None);
            }
            Ok(match way {
                Way::Line { pause } => {
                    let sender = Line::new(&board, Direction::There, pause);
                    let receiver = Line::new(&board, Direction::Back, pause);
                    ends::<C>(work, scale, sender, receiver, gone)
                }
                Way::Lines { pause } => one_way::<C>(work, scale, Lines::new(&board, pause), gone),
                _ => one_way::<C>(work, scale, Bell::new(&board), gone),
            })
        })
    }

    /// Starts the far end.
    fn start(&self, way: Way, work: Work, stdin: Stdio) -> anyhow::Result<Child> {
        let launcher = std::process::id();
        let job = Job { core: self.far, multiplier: self.scale.multiplier, launcher, way, work };
        let program = std::env::current_exe().context("this program's own path")?;
        let mut command = Command::new(program);
        command.arg(super::FAR_COMMAND).arg(serde_json::to_string(&job)?);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().context("starting the far end")
    }

    /// Runs the near end on its core while the far end is heard out here.
    fn run<F>(&self, mut far: Child, work: Work, near: F) -> anyhow::Result<Outcome>
    where
        F: FnOnce(Scale, &mpsc::Receiver<()>, &AtomicBool) -> anyhow::Result<Option<Outcome>>
            + Send,
    {
        let gone = AtomicBool::new(false);
        let (tell, ready) = mpsc::channel();
        let stdout = far.stdout.take().context("the far end's output")?;
        thread::scope(|scope| {
            let near = scope.spawn(|| {
                let ready = ready;
                pin(self.near)?;
                touch_stack();
                let outcome = near(self.scale, &ready, &gone);
                // Relaxed: a counter.
                self.preempted.fetch_add(preemptions(), Ordering::Relaxed);
                outcome
            });
            let mut stdout = BufReader::new(stdout);
            let mut said = String::new();
            if stdout.read_line(&mut said).is_ok() && said == super::far::READY {
                let _ = tell.send(());
            }
            drop(tell);
            said.clear();
            let heard = stdout.read_to_string(&mut said);
            // Relaxed: the flag carries nothing but itself.
            gone.store(true, Ordering::Relaxed);
            let status = far.wait();
            let outcome = near.join().map_err(|_| anyhow::anyhow!("the near end panicked"))?;
            heard?;
            if !status?.success() {
                let mut why = String::new();
                if let Some(mut stderr) = far.stderr.take() {
                    let _ = stderr.read_to_string(&mut why);
                }
                bail!("the far end failed: {}", why.trim());
            }
            let answer: Answer = serde_json::from_str(&said).context("the far end's answer")?;
            self.preempted.fetch_add(answer.preempted, Ordering::Relaxed);
            let outcome = outcome?.unwrap_or(answer.outcome);
            check(&outcome, work)?;
            Ok(outcome)
        })
    }
}

/// Refuses what is no measurement.
pub fn check(outcome: &Outcome, work: Work) -> anyhow::Result<()> {
    if outcome.damaged > 0 {
        bail!("{} messages came damaged or out of order", outcome.damaged);
    }
    if outcome.hop.is_none() && outcome.per_second.is_none() {
        bail!("nothing was measured: {} messages lost in {work:?}", outcome.lost);
    }
    Ok(())
}

fn is_set(flag: &AtomicBool) -> bool {
    // Relaxed: the flag carries nothing but itself.
    flag.load(Ordering::Relaxed)
}

fn one_way<C: Clock>(
    work: Work,
    scale: Scale,
    mut sender: impl Sender,
    gone: &AtomicBool,
) -> Option<Outcome> {
    send_all::<C>(work, scale, &mut sender, || is_set(gone));
    None
}

fn ends<C: Clock>(
    work: Work,
    scale: Scale,
    mut sender: impl Sender,
    mut receiver: impl Receiver,
    gone: &AtomicBool,
) -> Option<Outcome> {
    match work {
        Work::RoundTrip { messages } => {
            Some(ping::<C>(messages, scale, &mut sender, &mut receiver))
        }
        _ => one_way::<C>(work, scale, sender, gone),
    }
}
