use std::time::Duration;

use super::*;
use crate::clock::{ClockKind, Scale};
use crate::instruments::{Listing, Name, Registry};
use crate::memory::{Region, Shared};
use crate::msg::Msg;
use crate::ring::Record;
use crate::ring::layout::{Epoch, Geometry, Header, SLOTS_OFFSET, Streams, ring_bytes};
use crate::ring::reader::{Parked, Poll};
use crate::ring::writer::{Full, Roster, Writer};
use crate::scenario::{Pages, ReaderMode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use zerocopy::FromZeros;

/// A feed without a source: a ring, its writer and its socket.
struct Feed {
    writer: Writer,
    registry: Registry,
    server: Server,
}

fn feed(name: &str, slots: usize) -> Feed {
    let region = Arc::new(Region::create(ring_bytes(slots), Pages::Small, false).unwrap());
    let header: Shared<Header> = region.view(0);
    header.identity.write(&geometry(name, slots));
    region.seal_future_writes().unwrap();
    let roster = Arc::new(Roster::default());
    let slots = region.view_slice(SLOTS_OFFSET, slots);
    let writer = Writer::new(slots, header, Arc::clone(&roster));
    let registry = Registry::create().unwrap();
    let server = Server::start(name, region, registry.memory(), roster).unwrap();
    Feed { writer, registry, server }
}

fn geometry(name: &str, slots: usize) -> Geometry {
    let name = name.to_owned();
    let scale = Scale { multiplier: 1 << 31 };
    let streams = Streams { orders: true, quotes: false, trades: true, levels: true };
    let (clock, epoch) = (ClockKind::Monotonic, Epoch::Midnight);
    Geometry { name, slots, clock, scale, epoch, streams, venue: "iex-deep".to_owned() }
}

/// Runs `work` while the writer looks up, as a feed does that waits for its strategies.
fn while_idle<T: Send>(writer: &mut Writer, work: impl FnOnce() -> T + Send) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let result = work();
            done.store(true, Ordering::Release);
            result
        });
        while !done.load(Ordering::Acquire) && !worker.is_finished() {
            writer.service();
            std::thread::yield_now();
        }
        worker.join().unwrap()
    })
}

fn record(id: u64) -> Record {
    let msg = Msg { id, ..Msg::new_zeroed() };
    Record { number: 0, msg, exchange_ts: id, ingress: id, publish: id }
}

/// A ring name that no other test and no other run uses.
fn unique(test: &str) -> String {
    format!("test-{test}-{}", std::process::id())
}

#[test]
fn a_lossless_reader_gets_everything_and_holds_the_writer_back() {
    let name = unique("lossless");
    let mut feed = feed(&name, 64);
    feed.writer.publish(record(7)).unwrap();
    let mut attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossless).unwrap());
    assert_eq!(attached.geometry, geometry(&name, 64));
    assert_eq!(feed.server.readers(), ["one"]);
    for id in 0..64 {
        feed.writer.publish(record(id)).unwrap();
    }
    assert_eq!(feed.writer.publish(record(64)), Err(Full));
    assert_eq!(feed.writer.publish(record(64)), Err(Full));
    assert_eq!(feed.writer.ring_full(), 1);
    for id in 0..64 {
        let Poll::Record(read) = attached.reader.poll() else { panic!("record {id} is missing") };
        assert_eq!((read.number, read.msg.id), (id + 1, id));
    }
    assert!(matches!(attached.reader.poll(), Poll::Empty));
    assert_eq!(feed.writer.publish(record(64)), Err(Full), "nothing was released yet");
    attached.reader.release();
    let seated = feed.server.seated().readers();
    assert_eq!(seated[0].region.cursor.0.load(Ordering::Relaxed), 65, "it is the same memory");
    feed.writer.publish(record(64)).unwrap();
    feed.writer.end();
    assert!(!attached.reader.finished());
    assert!(matches!(attached.reader.poll(), Poll::Record(_)));
    assert!(attached.reader.finished());
}

#[test]
fn a_reader_sees_the_instruments_of_before_and_of_later() {
    let name = unique("instruments");
    let mut feed = feed(&name, 64);
    let enter = |registry: &mut Registry, name: &str, lot| {
        let listing = Listing::new(Name::of(name)).with_lot(lot);
        let symbol = registry.symbol(listing.name(), None, |_| false);
        registry.enter(symbol, &listing).unwrap();
        symbol
    };
    let before = enter(&mut feed.registry, "IVOO", 100);
    let attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossy).unwrap());
    let later = enter(&mut feed.registry, "1000SATSUSDT", 1);
    let seen = attached.instruments;
    assert_eq!(seen.get(before).unwrap().listing.lot(), Some(100));
    assert_eq!(seen.get(later).unwrap().name().text(), "1000SATSUSDT");
    assert_eq!(seen.find("1000SATSUSDT").unwrap().symbol, later);
    drop(feed);
    assert_eq!(seen.len(), 2, "the memory stays as long as somebody looks");
}

#[test]
fn a_lossy_reader_learns_exactly_what_it_lost() {
    let name = unique("lossy");
    let mut feed = feed(&name, 64);
    let mut attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossy).unwrap());
    for id in 0..1000 {
        feed.writer.publish(record(id)).unwrap();
    }
    let (mut received, mut lost, mut next) = (0, 0, 0);
    loop {
        match attached.reader.poll() {
            Poll::Record(read) => {
                assert_eq!((read.number, read.msg.id), (next, next));
                (received, next) = (received + 1, next + 1);
            }
            Poll::Overrun { first, lost: more } => {
                assert_eq!(first, next);
                (lost, next) = (lost + more, next + more);
            }
            Poll::Empty => break,
        }
    }
    assert_eq!((received + lost, received), (1000, 40), "960 is the last lap's first record");
}

#[test]
fn a_reader_that_hangs_up_stops_nobody() {
    let name = unique("hangup");
    let mut feed = feed(&name, 64);
    let attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossless).unwrap());
    while feed.writer.publish(record(1)).is_ok() {}
    drop(attached);
    let mut tries = 0;
    while feed.writer.publish(record(1)).is_err() {
        tries += 1;
        assert!(tries < 10_000, "the writer still waits");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(feed.writer.readers(), 0);
}

#[test]
fn a_parked_reader_is_woken_once() {
    let name = unique("park");
    let mut feed = feed(&name, 64);
    let mut attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossless).unwrap());
    let region = attached.region.clone();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let parked = attached.reader.park(Duration::from_secs(20));
            (parked, matches!(attached.reader.poll(), Poll::Record(_)))
        });
        while region.park.0.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        for id in 0..10 {
            feed.writer.publish(record(id)).unwrap();
        }
        let (parked, polled) = reader.join().unwrap();
        assert!(polled && parked != Parked::TimedOut, "{parked:?}");
    });
    // Once, and once more in vain if it found a record just before it slept: see `park::withdraw`.
    assert!((1..=2).contains(&feed.writer.wakes()), "{}", feed.writer.wakes());
}

#[test]
fn a_ring_has_one_feed_and_a_name_one_strategy() {
    let name = unique("taken");
    let mut feed = feed(&name, 64);
    let region = Arc::new(Region::create(ring_bytes(64), Pages::Small, false).unwrap());
    let instruments = feed.registry.memory();
    let second =
        Server::start(&name, region, instruments, Arc::default()).err().unwrap().to_string();
    assert!(second.contains(&format!("served by process {}", std::process::id())), "{second}");
    let (_one, two) = while_idle(&mut feed.writer, || {
        let one = attach(&name, "one", ReaderMode::Lossy).unwrap();
        (one, attach(&name, "one", ReaderMode::Lossy).err().unwrap().to_string())
    });
    assert!(two.contains("a strategy of this name is attached already"), "{two}");
}

#[test]
fn observers_see_readers_and_readers_see_the_feed_go() {
    let name = unique("observe");
    let mut feed = feed(&name, 64);
    let attached =
        while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossy).unwrap());
    let observed = observe(&name).unwrap();
    assert_eq!(observed.geometry, geometry(&name, 64));
    let one = &observed.readers[0];
    assert_eq!((one.name.as_str(), one.mode), ("one", ReaderMode::Lossy));
    assert_eq!(one.pid, std::process::id() as i32);
    attached.region.counters.received.store(5, Ordering::Relaxed);
    assert_eq!(one.region.counters.read().received, 5);
    assert!(!attached.connection.wait_gone(Some(Duration::ZERO)));
    let path = feed.server.path().clone();
    drop(feed);
    assert!(attached.connection.wait_gone(Some(Duration::from_secs(5))));
    assert!(!path.exists());
    let error = attach(&name, "one", ReaderMode::Lossy).err().unwrap().to_string();
    assert!(error.contains("no feed serves ring"), "{error}");
}

/// Looks until `seen` is so; the feed looks up meanwhile.
#[track_caller]
fn look_until(observer: &mut Observer, feed: Option<&mut Feed>, seen: impl Fn(&Sight) -> bool) {
    let mut feed = feed;
    for _ in 0..20_000 {
        if let Some(feed) = &mut feed {
            feed.writer.service();
        }
        if observer.look().unwrap().as_ref().is_some_and(&seen) {
            return;
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    panic!("the observer does not see it");
}

#[test]
fn an_observer_follows_readers_and_feeds_as_they_come_and_go() {
    let name = unique("follow");
    let mut observer = Observer::new(&name);
    assert!(observer.look().unwrap().is_none());
    let mut first = feed(&name, 64);
    look_until(&mut observer, Some(&mut first), |sight| sight.new);
    let one = while_idle(&mut first.writer, || attach(&name, "one", ReaderMode::Lossless).unwrap());
    look_until(&mut observer, Some(&mut first), |sight| {
        let readers = &sight.observed.readers;
        readers.len() == 1 && readers[0].mode == ReaderMode::Lossless && !sight.new
    });
    drop(one);
    look_until(&mut observer, Some(&mut first), |sight| sight.observed.readers.is_empty());
    drop(first);
    look_until(&mut observer, None, |sight| sight.gone && !sight.new);
    let mut second = feed(&name, 128);
    look_until(&mut observer, Some(&mut second), |sight| sight.new && !sight.gone);
    assert_eq!(observer.look().unwrap().unwrap().observed.geometry.slots, 128);
}

#[test]
fn a_feed_that_does_not_answer_keeps_no_observer_waiting() {
    let name = unique("mute");
    let (_listener, _path) = directory::listen_on(&name).unwrap();
    let mut observer = Observer::new(&name);
    for _ in 0..200 {
        // It stays with the connection it has: 64 of them would fill the queue, and then block.
        assert!(observer.look().unwrap().is_none());
    }
    drop(_listener);
    assert!(observer.look().is_err(), "the feed hung up");
    assert!(observer.look().unwrap().is_none());
    directory::sweep(&name);
}

#[test]
fn a_dead_feeds_socket_is_taken_over_and_swept() {
    let name = unique("stale");
    let (listener, path) = directory::listen_on(&name).unwrap();
    drop(listener);
    assert!(path.exists());
    let (listener, again) = directory::listen_on(&name).unwrap();
    assert_eq!(path, again);
    assert!(!directory::sweep(&name), "somebody listens");
    drop(listener);
    assert!(directory::rings().contains(&name));
    assert!(directory::sweep(&name));
    assert!(!path.exists());
}

#[test]
fn a_guest_that_talks_nonsense_is_turned_away_and_harms_nobody() {
    let name = unique("nonsense");
    let mut feed = feed(&name, 64);
    let path = feed.server.path().clone();
    for words in [&b""[..], b"x", &[0; size_of::<Hello>()], &[0xff; 4096]] {
        let socket = directory::dial(&path).unwrap();
        // An empty datagram cannot be told from a hang-up, so nothing comes back for it.
        let _ = send_with(&socket, words, &[]);
        let mut answer = [0; 4096];
        let (length, passed) = receive_with(&socket, &mut answer).unwrap_or_default();
        assert!(passed.is_empty());
        assert!(length == 0 || answer[..8] == MAGIC.to_le_bytes());
    }
    while_idle(&mut feed.writer, || attach(&name, "one", ReaderMode::Lossy).unwrap());
}

#[test]
fn another_layout_is_refused_by_name_of_both_versions() {
    let name = unique("layout");
    let feed = feed(&name, 64);
    let hello = Hello {
        magic: MAGIC,
        layout: LAYOUT_VERSION + 1,
        role: role::OBSERVER,
        membarrier: 0,
        pad: 0,
        name: pad_name("x"),
    };
    let socket = directory::dial(feed.server.path()).unwrap();
    send_with(&socket, hello.as_bytes(), &[]).unwrap();
    let mut welcome = Welcome::new_zeroed();
    receive_with(&socket, welcome.as_mut_bytes()).unwrap();
    assert_eq!(welcome.status, status::OTHER_LAYOUT);
    assert!(reason(&welcome).contains(&format!("layout {LAYOUT_VERSION}")));
}
