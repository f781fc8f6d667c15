//! The part `ring`: tickline's ring between two processes.

use anyhow::ensure;
use tickline::measure::{Message, Sender, Work};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::scenario::{Pages, ReaderMode};

use super::Effort;
use super::far::Way;
use super::figure::Figure;
use super::limit::alone;
use super::near::ring_name;
use super::ring::{Feed, Reading};
use super::rounds::{Figures, Measurement};

/// Slots of a ring unless the measurement is about them: the default of scenarios.
const SLOTS: usize = 65_536;

/// A ring and its readers.
#[derive(Clone, Copy)]
struct Shape {
    slots: usize,
    readers: usize,
    lossless: bool,
    park: bool,
    pages: Pages,
}

const USUAL: Shape =
    Shape { slots: SLOTS, readers: 1, lossless: true, park: false, pages: Pages::Huge };

/// All of the part.
pub fn measurements(effort: Effort) -> Vec<Measurement> {
    let scale = if effort == Effort::Quick { 10 } else { 1 };
    let hop = |rate, messages| Work::Hop { rate, messages: messages / scale };
    let stream = |batch| Work::Stream { messages: 100_000_000 / scale, batch };
    let mut all = vec![
        measurement("hop_10k", USUAL, hop(10_000, 5_000)),
        measurement("hop_100k", USUAL, hop(100_000, 50_000)),
        measurement("hop_1m", USUAL, hop(1_000_000, 500_000)),
        measurement("hop_5m", USUAL, hop(5_000_000, 2_500_000)),
        measurement("rtt", USUAL, Work::RoundTrip { messages: 500_000 / scale }),
        measurement("stream_per_second", USUAL, stream(1)),
        measurement("stream_batch_per_second", USUAL, stream(64)),
        measurement("wake", Shape { park: true, ..USUAL }, hop(1_000, 500)),
        measurement("wake_shallow", Shape { park: true, ..USUAL }, hop(1_000, 500)).shallow(),
        measurement("stream_2_readers", Shape { readers: 2, ..USUAL }, stream(1)),
        measurement("stream_lossy", Shape { lossless: false, ..USUAL }, stream(1)),
        publishing("publish_ns", SLOTS, 0),
        publishing("publish_ns_1_lossy", SLOTS, 1),
        publishing("publish_ns_4_lossy", SLOTS, 4),
    ];
    // From a corner of the first cache to beyond the last.
    for slots in [64, 1 << 10, 1 << 14, 1 << 18, 1 << 20] {
        all.push(publishing(&format!("publish_ns_{slots}_slots"), slots, 0));
    }
    for slots in [256, 1 << 10, 1 << 12, 1 << 14] {
        let key = format!("stream_{slots}_slots");
        all.push(measurement(&key, Shape { slots, ..USUAL }, stream(1)));
    }
    if effort == Effort::Full {
        all.push(measurement("stream_4_readers", Shape { readers: 4, ..USUAL }, stream(1)));
        for (name, pages) in [("small", Pages::Small), ("transparent", Pages::Transparent)] {
            let shape = Shape { pages, ..USUAL };
            all.push(measurement(&format!("hop_1m_{name}_pages"), shape, hop(1_000_000, 500_000)));
            all.push(measurement(&format!("stream_{name}_pages"), shape, stream(1)));
        }
    }
    all
}

/// What a publish costs the writer where nobody takes the line away: with lossy readers attached
/// that do not read, it is what they cost by being there, and could be woken.
fn publishing(key: &str, slots: usize, readers: usize) -> Measurement {
    let key = key.to_owned();
    Measurement::new("ring", key.clone(), move |cores| {
        let name = ring_name();
        let feed = Feed::open(&name, slots, Pages::Huge, cores.scale)?;
        std::thread::scope(|scope| {
            let attach =
                |at: usize| Reading::attach(&name, &format!("idle-{at}"), ReaderMode::Lossy, false);
            let attached = scope.spawn(move || (0..readers).map(attach).collect::<Vec<_>>());
            let key = key.clone();
            let figures = alone(cores, move |cores| {
                let mut feed = feed;
                // Once all have tried, all that can be are there.
                feed.wait_for(readers, || attached.is_finished());
                let attached = attached.join().unwrap_or_default();
                if attached.iter().filter(|reader| reader.is_ok()).count() < readers {
                    return Figures::new();
                }
                let ns = match ClockKind::detect() {
                    ClockKind::Tsc => publish_ns::<Tsc>(&mut feed, cores.scale),
                    ClockKind::Monotonic => publish_ns::<Monotonic>(&mut feed, cores.scale),
                };
                drop(attached);
                vec![(key, Figure::Number(ns))]
            })?;
            ensure!(!figures.is_empty(), "no lossy reader could attach");
            Ok(figures)
        })
    })
}

/// Nanoseconds a publish, one after the other.
fn publish_ns<C: Clock>(feed: &mut Feed, scale: Scale) -> f64 {
    const PUBLISHES: u64 = 2_000_000;
    let mut start = 0;
    for number in 0..2 * PUBLISHES {
        if number == PUBLISHES {
            start = C::now();
        }
        // Lossy readers never make the ring full.
        feed.send(Message::new(number, 0, 0));
    }
    scale.nanos(C::now() - start) as f64 / PUBLISHES as f64
}

fn measurement(key: &str, shape: Shape, work: Work) -> Measurement {
    let key = key.to_owned();
    Measurement::new("ring", key.clone(), move |cores| {
        let Shape { slots, readers, lossless, park, pages } = shape;
        let way = Way::Ring { name: ring_name(), slots, readers, lossless, park };
        let outcome = cores.measure(way, work, pages)?;
        let mut figures = Vec::new();
        if let Some(hop) = outcome.hop {
            figures.push((key.clone(), Figure::Latency(hop)));
        }
        if let Some(rate) = outcome.per_second {
            figures.push((key.clone(), Figure::Number(rate)));
        }
        Ok(figures)
    })
}
