//! The part `ring`: tickline's ring between two processes.

use tickline::measure::Work;
use tickline_shared::scenario::Pages;

use super::Effort;
use super::far::Way;
use super::figure::Figure;
use super::near::ring_name;
use super::rounds::Measurement;

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
    ];
    all.push(measurement("stream_2_readers", Shape { readers: 2, ..USUAL }, stream(1)));
    all.push(measurement("stream_lossy", Shape { lossless: false, ..USUAL }, stream(1)));
    for slots in [256, 1024, 4096, 16384] {
        let key = format!("stream_{slots}_slots");
        all.push(measurement(&key, Shape { slots, ..USUAL }, stream(1)));
    }
    all
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
