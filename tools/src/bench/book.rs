//! The part `book`: what decoding, the books and a look at the best bid and offer cost a message,
//! by the number of live orders and of symbols.
//!
//! Driven by the feed's own publisher. Timed is the part of a generated day in which that number of
//! orders is live. `ns_per_message` fetches the memory of later messages ahead and takes them in
//! groups, as an unpaced replay does; `paced_ns_per_message` does not, as a paced one;
//! `published_ns_per_message` puts every order event into a ring without readers as well.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tickline_feed::framing::AHEAD;
use tickline_feed::generate::Parameters;
use tickline_feed::instruments::Instruments;
use tickline_feed::look_ahead::LookAhead;
use tickline_feed::pipeline::GROUP;
use tickline_feed::publish::{Publisher, Stamp};
use tickline_feed::venue::market::Decoder;
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_shared::book::Book;
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Tsc};
use tickline_shared::memory::Region;
use tickline_shared::ring::layout::{Header, SLOTS_OFFSET, Streams, ring_bytes};
use tickline_shared::ring::writer::{Roster, Writer};
use tickline_shared::scenario::Pages;

use super::Effort;
use super::day::{Capture, Cost, Days, Messages, day, pinned, timed};
use super::figure::Figure;
use super::near::Cores;
use super::rounds::Measurement;

/// Messages between two changes of what is measured.
const TURN: usize = 1 << 16;

/// Instruments that the books have room for, as in the feed.
const INSTRUMENTS: usize = 16_384;

/// Slots of the ring that nobody reads: the default of scenarios.
const SLOTS: usize = 65_536;

/// The number of live orders climbs for six messages an order, and falls as slowly at the end.
const RAMP: u64 = 6;

/// All of the part.
pub fn measurements(effort: Effort, days: &Arc<Days>, captures: &[Capture]) -> Vec<Measurement> {
    let live_orders: &[u64] = match effort {
        Effort::Quick => &[20_000, 2_000_000],
        _ => &[1_000, 20_000, 200_000, 2_000_000],
    };
    let mut all: Vec<Measurement> = Vec::new();
    for &live_orders in live_orders {
        let (days, title) = (Arc::clone(days), format!("{live_orders} live orders"));
        all.push(Measurement::new("book", title, move |cores| {
            let costs = generated(cores, &days, shortened(effort, live_orders))?;
            let key = |name: &str| format!("{name}/{live_orders}");
            Ok(vec![
                (key("ns_per_message"), Figure::Number(costs.fetched)),
                (key("paced_ns_per_message"), Figure::Number(costs.paced)),
                (key("published_ns_per_message"), Figure::Number(costs.published)),
            ])
        }));
    }
    let symbols: &[u16] = if effort == Effort::Full { &[10, 100, 1_000, 8_000] } else { &[] };
    for &symbols in symbols {
        let (days, title) = (Arc::clone(days), format!("{symbols} symbols"));
        all.push(Measurement::new("book", title, move |cores| {
            let day = Parameters { symbols, ..shortened(effort, 20_000) };
            let cost = generated(cores, &days, day)?.fetched;
            Ok(vec![(format!("by_symbols/{symbols}"), Figure::Number(cost))])
        }));
    }
    all.extend(captures.iter().cloned().map(|capture| {
        Measurement::new("book", capture.name.clone(), move |cores| {
            let times = effort.day().div_ceil(capture.messages);
            let costs = pinned(cores, || captured(&capture.unpacked, times))?;
            let key = |name: &str| format!("captures/{}/{name}", capture.name);
            Ok(vec![
                (key("ns_per_message"), Figure::Number(costs.fetched)),
                (key("paced_ns_per_message"), Figure::Number(costs.paced)),
            ])
        })
    }));
    all
}

/// A day with a height of this many live orders. A quick one is too short for millions of them, and
/// has as many as it can.
fn shortened(effort: Effort, live_orders: u64) -> Parameters {
    match effort {
        Effort::Quick => day(effort.day(), live_orders),
        _ => day((live_orders * 2 * RAMP + 4_000_000).min(32_000_000), live_orders),
    }
}

/// What a message cost, in ns.
struct Costs {
    fetched: f64,
    paced: f64,
    published: f64,
}

fn generated(cores: &Cores, days: &Days, day: Parameters) -> anyhow::Result<Costs> {
    let file = days.file(&day)?;
    pinned(cores, move || {
        let bytes = fs::read(file)?;
        let messages: Vec<&[u8]> = Messages(&bytes).collect();
        let ramp = (day.live_orders * RAMP) as usize;
        let half = messages.len() / 2;
        let height = ramp.min(half - half / 8)..messages.len() - ramp.min(half - half / 8);
        let live_orders = day.live_orders as usize;
        let (quiet, orders) = (Streams::default(), Streams { orders: true, ..Streams::default() });
        let [fetched, paced] = pass(&messages, height.clone(), live_orders, quiet, 1)?;
        let [published, _] = pass(&messages, height, live_orders, orders, 1)?;
        Ok(Costs { fetched, paced, published })
    })
}

fn captured(file: &Path, times: u64) -> anyhow::Result<Costs> {
    let bytes = fs::read(file)?;
    let messages: Vec<&[u8]> = Messages(&bytes).collect();
    // At most one order a message.
    let live_orders = messages.len().max(1_024);
    let [fetched, paced] =
        pass(&messages, 0..messages.len(), live_orders, Streams::default(), times)?;
    Ok(Costs { fetched, paced, published: 0.0 })
}

/// Fills books and times the messages in `timed`: fetched ahead, and not, in turns.
fn pass(
    messages: &[&[u8]],
    timed: std::ops::Range<usize>,
    live_orders: usize,
    streams: Streams,
    times: u64,
) -> anyhow::Result<[f64; 2]> {
    match ClockKind::detect() {
        ClockKind::Tsc => pass_by::<Tsc>(messages, timed, live_orders, streams, times),
        ClockKind::Monotonic => pass_by::<Monotonic>(messages, timed, live_orders, streams, times),
    }
}

fn pass_by<C: Clock>(
    messages: &[&[u8]],
    height: std::ops::Range<usize>,
    live_orders: usize,
    streams: Streams,
    times: u64,
) -> anyhow::Result<[f64; 2]> {
    let mut publisher = publisher::<C>(live_orders, streams)?;
    let timed_part = &messages[height.clone()];
    let (mut costs, mut counts) = ([Cost::default(); 2], [0usize; 2]);
    for _ in 0..times {
        // The same books again: what they hold of the last time is void.
        let start = Stamp { sequence: 0, exchange_ts: 0, ingress: 0 };
        let _ = publisher.clear(start);
        follow::<C, true>(&mut publisher, &messages[..height.start]);
        // At least ten turns, also of a short day.
        let turn = TURN.min(timed_part.len() / 10).max(1);
        for (at, part) in timed_part.chunks(turn).enumerate() {
            let ((), cost) = timed(|| match at % 2 {
                0 => follow::<C, true>(&mut publisher, part),
                _ => follow::<C, false>(&mut publisher, part),
            });
            costs[at % 2] += cost;
            counts[at % 2] += part.len();
        }
    }
    let per_message = |at: usize| costs[at].cpu_ns as f64 / counts[at].max(1) as f64;
    Ok([per_message(0), per_message(1)])
}

/// The feed's publisher, with a ring that nobody reads.
fn publisher<C: Clock>(live_orders: usize, streams: Streams) -> anyhow::Result<Publisher<C>> {
    let region = Arc::new(Region::create(ring_bytes(SLOTS), Pages::Huge, false)?);
    let header = region.view::<Header>(0);
    let slots = region.view_slice(SLOTS_OFFSET, SLOTS);
    let writer = Writer::new(slots, header, Arc::new(Roster::default()));
    let book = Book::with_capacity(live_orders, INSTRUMENTS)?;
    let stop = Arc::new(AtomicBool::new(false));
    let instruments = Instruments::new(Vec::new(), Vec::new())?;
    Ok(Publisher::new(writer, book, instruments, streams, stop))
}

/// Follows messages as the feed's loop does.
fn follow<C: Clock, const FETCH: bool>(publisher: &mut Publisher<C>, messages: &[&[u8]]) {
    let mut coming = LookAhead::default();
    let mut later = messages.iter();
    publisher.gather(FETCH);
    for (at, message) in messages.iter().enumerate() {
        if FETCH && at.is_multiple_of(GROUP) {
            publisher.commit();
            let shown = if at == 0 { AHEAD as usize } else { GROUP };
            for message in later.by_ref().take(shown) {
                coming.show(publisher.book(), NasdaqItch50::concerns(message));
            }
            coming.near(publisher.book(), 2 * GROUP);
            coming.handle(GROUP);
        } else if !FETCH && let Some(now) = NasdaqItch50::concerns(message) {
            publisher.book().prefetch(&now);
        }
        let Ok(head) = NasdaqItch50.head(message) else { continue };
        let stamp = Stamp { sequence: at as u64, exchange_ts: head.timestamp, ingress: 0 };
        // Nobody reads the ring, so there is always room.
        let listener = publisher.listener(head.instrument, stamp);
        let _ = NasdaqItch50.tell(message, head.event, listener);
        if is_of_an_order(head.kind) {
            let bbo = publisher.book().bbo(head.instrument);
            black_box(bbo.bid.price.0 ^ bbo.ask.price.0);
        }
    }
    publisher.commit();
}

/// Whether a message can have changed the top of a book, in ITCH 5.0.
#[inline(always)]
fn is_of_an_order(kind: u8) -> bool {
    matches!(kind, b'A' | b'F' | b'E' | b'C' | b'X' | b'D' | b'U')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_height_of_a_day_is_followed_without_a_fault() {
        let days = Days::new().unwrap();
        let bytes = fs::read(days.file(&day(10_000, 200)).unwrap()).unwrap();
        let messages: Vec<&[u8]> = Messages(&bytes).collect();
        let mut publisher = publisher::<Monotonic>(1_024, Streams::default()).unwrap();
        follow::<Monotonic, true>(&mut publisher, &messages);
        assert_eq!(publisher.faults(), Default::default());
        assert_eq!((publisher.book().live_orders(), publisher.book().growths()), (0, 0));
        assert_eq!(publisher.peak_orders(), 200);
    }
}
