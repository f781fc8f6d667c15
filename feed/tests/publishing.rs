//! From messages to records and back: what strategies are told is enough to keep the same book.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};

use tickline_feed::counts::Counts;
use tickline_feed::framing::Event;
use tickline_feed::generate::{Parameters, binary_file};
use tickline_feed::instruments::Instruments;
use tickline_feed::publish::{Publisher, Stamp};
use tickline_feed::session::{Gap, Sessions};
use tickline_feed::source::Input;
use tickline_feed::stream::{self, AnyStream};
use tickline_feed::venue::market::Decoder;
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_shared::book::{Applied, Book, Level, MsgBook};
use tickline_shared::clock::Monotonic;
use tickline_shared::memory::{Region, Shared};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::layout::{Header, ReaderRegion, SLOTS_OFFSET, Streams, ring_bytes};
use tickline_shared::ring::park::Barrier;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::ring::writer::{Change, Roster, Writer};
use tickline_shared::scenario::{Pages, ReaderMode};
use tickline_shared::units::Symbol;

const SLOTS: usize = 64;
const STAMP: Stamp = Stamp { sequence: 0, exchange_ts: 0, ingress: 0 };

/// A feed without a source, and a strategy's end of its ring.
struct Feed {
    publisher: Publisher<Monotonic>,
    reader: Reader,
}

impl Feed {
    fn new(streams: Streams, filter: &[&str]) -> Feed {
        let region = Arc::new(Region::create(ring_bytes(SLOTS), Pages::Small, false).unwrap());
        let own = Region::create(size_of::<ReaderRegion>(), Pages::Small, false).unwrap();
        let own: Shared<ReaderRegion> = Arc::new(own).view(0);
        let header: Shared<Header> = region.view(0);
        let slots = region.view_slice(SLOTS_OFFSET, SLOTS);
        let roster = Arc::new(Roster::default());
        let mut writer = Writer::new(slots.clone(), header.clone(), Arc::clone(&roster));
        let (start, started) = mpsc::sync_channel(1);
        roster.push(Change::Join {
            index: 0,
            mode: ReaderMode::Lossless,
            region: own.clone(),
            barrier: Barrier::Fence,
            start,
        });
        writer.service();
        let reader = Reader::new(slots, header, own, 0, started.recv().unwrap(), Barrier::Fence);
        let filter = filter.iter().map(|name| name.parse().unwrap()).collect();
        let book = Book::with_capacity(1 << 14, 64).unwrap();
        let instruments = Instruments::new(filter);
        let publisher = Publisher::new(writer, book, instruments, streams, Arc::default());
        Feed { publisher, reader }
    }

    /// What the ring holds since the last look.
    fn records(&mut self) -> Vec<Msg> {
        let mut msgs = Vec::new();
        while let Poll::Record(record) = self.reader.poll() {
            msgs.push(record.msg);
        }
        self.reader.release();
        msgs
    }
}

/// Every message of an input, decoded and followed; after each, `check` sees what came out.
fn play(feed: &mut Feed, input: Input, mut check: impl FnMut(&mut Feed, &[Msg])) {
    let opened = stream::open(input, None, Sessions::default()).unwrap();
    let AnyStream::BinaryFile(mut stream) = opened.stream else { panic!("no BinaryFILE") };
    let mut counts = Counts::default();
    loop {
        match stream.next(&mut counts).unwrap() {
            Event::Message { sequence, bytes, .. } => {
                let decoded = NasdaqItch50::decode(bytes).unwrap();
                let stamp = Stamp { sequence, exchange_ts: decoded.timestamp, ingress: 0 };
                feed.publisher.follow(&decoded, stamp).unwrap();
                let msgs = feed.records();
                check(feed, &msgs);
            }
            Event::End => return,
            _ => {}
        }
    }
}

fn generated(messages: u64, symbols: u16) -> Input {
    let day = Parameters { symbols, ..Parameters::of(messages) };
    Input::from_bytes("a generated day", binary_file(&day).unwrap())
}

const ALL: Streams = Streams { orders: true, quotes: true, trades: true };

fn depth(book: &Book, instrument: u16) -> [Vec<Level>; 2] {
    [Side::Bid, Side::Ask].map(|side| book.depth(instrument, side).collect())
}

#[test]
fn the_orders_published_make_the_same_book() {
    let mut feed = Feed::new(ALL, &[]);
    let mut second = MsgBook::with_capacity(1 << 14, 64).unwrap();
    let mut names: HashMap<Symbol, ()> = HashMap::new();
    let (mut messages, mut changes) = (0u64, 0u64);
    play(&mut feed, generated(100_000, 30), |feed, msgs| {
        for msg in msgs {
            match second.apply(msg) {
                Applied::Fault(fault) => panic!("{fault:?} at {msg:?}"),
                Applied::Changed(_) => changes += 1,
                Applied::Cleared | Applied::Ignored => {}
            }
            if msg.symbol != Symbol::NONE {
                names.insert(msg.symbol, ());
            }
        }
        messages += 1;
        if messages.is_multiple_of(500) {
            let first = feed.publisher.book();
            assert_eq!(first.live_orders(), second.book().live_orders());
            for locate in 1..=30 {
                let symbol = feed.publisher.instruments().get(locate).symbol;
                let Some(own) = second.instrument(symbol) else { continue };
                assert_eq!(depth(first, locate), depth(second.book(), own), "{symbol}");
            }
        }
    });
    assert!(changes > 90_000 && names.len() == 30);
    assert_eq!(feed.publisher.faults(), Default::default());
}

#[test]
fn quotes_follow_the_top_of_the_book_and_end_their_event() {
    let mut feed = Feed::new(ALL, &[]);
    let mut tops: HashMap<Symbol, [Msg; 2]> = HashMap::new();
    play(&mut feed, generated(50_000, 20), |feed, msgs| {
        let lasts = msgs.iter().filter(|msg| msg.flags.contains(Flags::LAST)).count();
        assert_eq!(lasts, usize::from(!msgs.is_empty()), "{msgs:?}");
        assert!(msgs.last().is_none_or(|msg| msg.flags.contains(Flags::LAST)), "{msgs:?}");
        let quotes: Vec<Msg> = msgs.iter().filter(|m| m.kind == Kind::Quote).copied().collect();
        if let [bid, ask] = quotes[..] {
            assert_eq!((bid.side, ask.side), (Side::Bid, Side::Ask));
            let before = tops.insert(bid.symbol, [bid, ask]);
            let same = |a: Msg, b: Msg| a.price == b.price && a.quantity == b.quantity;
            let changed = before.is_none_or(|[b, a]| !same(b, bid) || !same(a, ask));
            assert!(changed, "published without a change: {quotes:?}");
        } else {
            assert!(quotes.is_empty(), "{quotes:?}");
        }
        let Some(symbol) = msgs.iter().map(|msg| msg.symbol).find(|s| *s != Symbol::NONE) else {
            return;
        };
        let locate = (1..=20).find(|n| feed.publisher.instruments().get(*n).symbol == symbol);
        let top = feed.publisher.book().bbo(locate.unwrap());
        if let Some([bid, ask]) = tops.get(&symbol) {
            assert_eq!((bid.price, u64::from(bid.quantity)), (top.bid.price, top.bid.quantity));
            assert_eq!((ask.price, u64::from(ask.quantity)), (top.ask.price, top.ask.quantity));
        } else {
            assert_eq!((top.bid, top.ask), (Level::NONE, Level::NONE));
        }
    });
    assert_eq!(tops.len(), 20);
}

#[test]
fn a_filter_publishes_what_the_whole_stream_says_of_its_symbols() {
    let mut all = Feed::new(ALL, &[]);
    let mut expected = Vec::new();
    play(&mut all, generated(30_000, 10), |_, msgs| expected.extend_from_slice(msgs));
    let wanted = all.publisher.instruments().get(3).symbol;
    expected.retain(|msg| msg.symbol == wanted);
    let mut some = Feed::new(ALL, &[&wanted.name(), "NOSUCH"]);
    let mut found = Vec::new();
    play(&mut some, generated(30_000, 10), |_, msgs| found.extend_from_slice(msgs));
    assert!(found.len() > 100);
    assert_eq!(found, expected);
    assert_eq!(some.publisher.instruments().missing(), ["NOSUCH".parse().unwrap()]);
    assert_eq!(some.publisher.faults(), Default::default());
}

#[test]
fn each_stream_is_what_is_left_of_all_when_the_others_are_taken_away() {
    let records = |streams| {
        let (mut feed, mut found) = (Feed::new(streams, &[]), Vec::new());
        play(&mut feed, generated(20_000, 10), |_, msgs| {
            // Which record is the last of its event depends on the streams.
            let plain = |msg: &Msg| Msg { flags: Flags(msg.flags.0 & !Flags::LAST.0), ..*msg };
            found.extend(msgs.iter().map(plain));
        });
        found
    };
    let all = records(ALL);
    let only = |kinds: &[Kind]| {
        all.iter().filter(|msg| kinds.contains(&msg.kind)).copied().collect::<Vec<_>>()
    };
    let none = Streams::default();
    assert_eq!(records(Streams { quotes: true, ..none }), only(&[Kind::Quote]));
    let trades = [Kind::Trade, Kind::TradeBreak];
    assert_eq!(records(Streams { trades: true, ..none }), only(&trades));
    let orders = [Kind::Add, Kind::Reduce, Kind::Delete, Kind::Replace, Kind::Execute];
    assert_eq!(records(Streams { orders: true, ..none }), only(&orders));
}

#[test]
fn gaps_and_new_days_are_told_in_band() {
    let mut feed = Feed::new(ALL, &[]);
    feed.publisher.clear(STAMP).unwrap();
    assert!(feed.records().is_empty(), "nothing was there to clear");
    feed.publisher.gap(Gap { first: 7, count: 1 << 40 }, STAMP).unwrap();
    feed.publisher.clear(STAMP).unwrap();
    feed.publisher.end_of_session(STAMP).unwrap();
    let msgs = feed.records();
    let kinds: Vec<_> = msgs.iter().map(|msg| msg.kind).collect();
    assert_eq!(kinds, [Kind::Gap, Kind::Clear, Kind::EndOfSession]);
    assert_eq!((msgs[0].id, msgs[0].quantity), (7, u32::MAX));
    assert!(msgs[0].flags.contains(Flags::SATURATED | Flags::LAST));
}
