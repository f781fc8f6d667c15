//! Who the rivals are, one file each.

use anyhow::bail;
use serde_json::json;
use tickline::measure::Outcome;
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Tsc};

use crate::process::{Far, Job, Near};
use crate::run::{Usage, print};

mod crossbeam;
mod disruptor;
mod ringbuf;
mod rtrb;

mod aeron;
mod iceoryx2;
mod monoio;
mod pipe;
mod shmipc;
mod tcp;
mod tokio;
mod tokio_uring;
mod unix;

/// What a rival is.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// One word.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// 1: two threads of one process.
    pub processes: u8,
    /// Whether it takes or gives several messages in one go.
    pub batches: bool,
    /// Bytes of a message that it carries.
    pub sizes: &'static [usize],
    /// What is missing here, or nothing.
    pub needs: fn() -> &'static str,
}

/// A rival.
pub trait Peer {
    /// What it is.
    const ABOUT: About;

    /// The sending end, or both where they are threads. Whichever end measures has the outcome.
    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>>;

    /// The receiving end, in its own process.
    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let (_, _) = (job, far);
        bail!("{} has both its ends in one process", Self::ABOUT.name)
    }
}

/// A rival as a value.
pub struct Entry {
    /// See [`Peer::ABOUT`].
    pub about: About,
    /// See [`Peer::near`].
    pub near: fn(&Job, &Near) -> anyhow::Result<Option<Outcome>>,
    /// See [`Peer::far`].
    pub far: fn(&Job, &Far) -> anyhow::Result<Outcome>,
}

impl Entry {
    const fn of<P: Peer>() -> Entry {
        Entry { about: P::ABOUT, near: near::<P>, far: far::<P> }
    }
}

fn near<P: Peer>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
    match ClockKind::detect() {
        ClockKind::Tsc => P::near::<Tsc>(job, near),
        ClockKind::Monotonic => P::near::<Monotonic>(job, near),
    }
}

fn far<P: Peer>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
    match ClockKind::detect() {
        ClockKind::Tsc => P::far::<Tsc>(job, far),
        ClockKind::Monotonic => P::far::<Monotonic>(job, far),
    }
}

static PEERS: &[Entry] = &[
    Entry::of::<rtrb::Rtrb>(),
    Entry::of::<ringbuf::Ringbuf>(),
    Entry::of::<disruptor::Disruptor>(),
    Entry::of::<crossbeam::Crossbeam>(),
    Entry::of::<aeron::Aeron>(),
    Entry::of::<iceoryx2::Iceoryx2>(),
    Entry::of::<pipe::Pipe>(),
    Entry::of::<unix::Unix>(),
    Entry::of::<tcp::Tcp>(),
    Entry::of::<tokio::Tokio>(),
    Entry::of::<tokio_uring::TokioUring>(),
    Entry::of::<monoio::Monoio>(),
    Entry::of::<shmipc::Shmipc>(),
];

/// The rival of that name.
pub fn find(name: &str) -> anyhow::Result<&'static Entry> {
    if let Some(entry) = PEERS.iter().find(|entry| entry.about.name == name) {
        return Ok(entry);
    }
    let names: Vec<_> = PEERS.iter().map(|entry| entry.about.name).collect();
    bail!(Usage(format!("no rival is called {name:?}; there are {}", names.join(", "))))
}

/// Prints all of them.
pub fn list() -> anyhow::Result<()> {
    let describe = |About { name, title, processes, batches, sizes, needs }: About| {
        let all = ["hop", "round_trip", "stream", "batch"];
        let works = if batches { &all[..] } else { &all[..3] };
        let needs = needs();
        json!({
            "name": name, "title": title, "processes": processes, "works": works, "sizes": sizes,
            "available": needs.is_empty(), "needs": needs,
        })
    };
    print(&PEERS.iter().map(|entry| describe(entry.about)).collect::<Vec<_>>())
}
