//! The part `limit`: what the two cores can do with nothing in between.

use std::hint::black_box;

use tickline::measure::Work;
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Tsc};
use tickline_shared::scenario::Pages;

use super::Effort;
use super::day::pinned;
use super::far::Way;
use super::figure::Figure;
use super::near::Cores;
use super::rounds::{Figures, Measurement};

/// All of the part.
pub fn measurements(effort: Effort) -> Vec<Measurement> {
    let scale = if effort == Effort::Quick { 10 } else { 1 };
    let way = |key: &'static str, way: Way, work: Work| {
        Measurement::new("limit", key, move |cores| {
            let outcome = cores.measure(way.clone(), work, Pages::Small)?;
            let latency = outcome.hop.map(|hop| (key.to_owned(), Figure::Latency(hop)));
            let rate = outcome.per_second.map(|rate| (key.to_owned(), Figure::Number(rate)));
            Ok(latency.into_iter().chain(rate).collect())
        })
    };
    let hop = Work::Hop { rate: 1_000_000, messages: 500_000 / scale };
    let round_trip = Work::RoundTrip { messages: 500_000 / scale };
    let stream = Work::Stream { messages: 100_000_000 / scale, batch: 1 };
    let wake = Work::Hop { rate: 1_000, messages: 500 / scale };
    vec![
        way("line_hop_1m", Way::Lines { pause: false }, hop),
        way("line_hop_1m_pause", Way::Lines { pause: true }, hop),
        way("line_rtt", Way::Line { pause: false }, round_trip),
        way("line_rtt_pause", Way::Line { pause: true }, round_trip),
        way("stream_lines_per_second", Way::Lines { pause: true }, stream),
        way("futex_wake", Way::Bell, wake),
        way("futex_wake_shallow", Way::Bell, wake).shallow(),
        Measurement::new("limit", "clock_ns", |cores| alone(cores, clock_ns)),
        Measurement::new("limit", "copy_gigabytes_per_second", |cores| alone(cores, copy)),
    ]
}

/// Measures something that one core does by itself.
pub fn alone(
    cores: &Cores,
    measure: impl FnOnce(&Cores) -> Figures + Send,
) -> anyhow::Result<Figures> {
    pinned(cores, || Ok(measure(cores)))
}

/// What a look at the clock costs.
fn clock_ns(cores: &Cores) -> Figures {
    fn looks<C: Clock>(cores: &Cores) -> f64 {
        const LOOKS: u64 = 1_000_000;
        let start = C::now();
        for _ in 0..LOOKS {
            black_box(C::now());
        }
        cores.scale.nanos(C::now() - start) as f64 / LOOKS as f64
    }
    let ns = match ClockKind::detect() {
        ClockKind::Tsc => looks::<Tsc>(cores),
        ClockKind::Monotonic => looks::<Monotonic>(cores),
    };
    vec![("clock_ns".to_owned(), Figure::Number(ns))]
}

/// Copies memory that no cache holds.
fn copy(cores: &Cores) -> Figures {
    const BYTES: usize = 256 << 20;
    let (from, mut to) = (vec![1u8; BYTES], vec![2u8; BYTES]);
    let start = Monotonic::now();
    to.copy_from_slice(black_box(&from));
    black_box(&to);
    let _ = cores;
    let rate = BYTES as f64 / (Monotonic::now() - start) as f64;
    vec![("copy_gigabytes_per_second".to_owned(), Figure::Number(rate))]
}
