//! From messages to records and back: what strategies are told is enough to keep the same book.

// Nobody can reach into a test: `pub` here says "for the other files".
#![allow(unreachable_pub)]

use std::collections::HashMap;

use tickline_feed::generate::{Parameters, binary_file};
use tickline_feed::session::Gap;
use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_shared::book::{Applied, Book, Level, MsgBook};
use tickline_shared::instruments::Name;
use tickline_shared::msg::{Flags, Kind, Msg, Side, Topic};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Symbol;

use feed::{ALL, Feed, STAMP, play};

mod cme;
mod dbn;
mod dbn_captures;
mod dbn_loop;
mod faults;
mod feed;
mod iex;
mod instruments;
mod levels;
mod lines;
mod offline;
mod recorded;
mod stale;

const NASDAQ: Venue = Venue::NasdaqItch50;

fn generated(messages: u64, symbols: u16) -> Input {
    let day = Parameters { symbols, ..Parameters::of(messages) };
    Input::from_bytes("a generated day", binary_file(&day).unwrap())
}

fn depth(book: &Book, instrument: u16) -> [Vec<Level>; 2] {
    [Side::Bid, Side::Ask].map(|side| book.depth(instrument, side).collect())
}

#[test]
fn the_orders_published_make_the_same_book() {
    let mut feed = Feed::new(NASDAQ, ALL, &[]);
    let mut second = MsgBook::with_capacity(1 << 14, 64).unwrap();
    let mut names: HashMap<Symbol, ()> = HashMap::new();
    let (mut messages, mut changes) = (0u64, 0u64);
    play(&mut feed, generated(100_000, 30), |feed, msgs| {
        for msg in msgs {
            match second.apply(msg) {
                Applied::Fault(fault) => panic!("{fault:?} at {msg:?}"),
                Applied::Changed(_) => changes += 1,
                Applied::Cleared | Applied::Stale | Applied::Ignored => {}
            }
            if msg.symbol != Symbol::NONE {
                names.insert(msg.symbol, ());
            }
        }
        messages += 1;
        if messages.is_multiple_of(500) {
            let first = feed.publisher.book();
            assert_eq!(first.live_orders(), second.orders().live_orders());
            for locate in 1..=30 {
                let symbol = feed.publisher.instruments().get(locate).symbol;
                let Some(own) = second.instrument(symbol) else { continue };
                assert_eq!(depth(first, locate), depth(second.orders(), own), "{symbol}");
            }
        }
    });
    assert!(changes > 90_000 && names.len() == 30);
    assert_eq!(feed.publisher.faults(), Default::default());
}

#[test]
fn quotes_follow_the_top_of_the_book_and_end_their_event() {
    let mut feed = Feed::new(NASDAQ, ALL, &[]);
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
    let mut all = Feed::new(NASDAQ, ALL, &[]);
    let mut expected = Vec::new();
    play(&mut all, generated(30_000, 10), |_, msgs| expected.extend_from_slice(msgs));
    let wanted = all.publisher.instruments().get(3).symbol;
    // A status of the venue passes every filter.
    let of_venue = |msg: &Msg| msg.kind == Kind::Status && msg.symbol == Symbol::NONE;
    expected.retain(|msg| msg.symbol == wanted || of_venue(msg));
    let mut some = Feed::new(NASDAQ, ALL, &[&wanted.name(), "NOSUCH"]);
    let mut found = Vec::new();
    play(&mut some, generated(30_000, 10), |_, msgs| found.extend_from_slice(msgs));
    assert!(found.len() > 100);
    assert_eq!(found, expected);
    assert_eq!(some.publisher.instruments().missing(), [Name::of("NOSUCH")]);
    assert_eq!(some.publisher.faults(), Default::default());
}

#[test]
fn each_stream_is_what_is_left_of_all_when_the_others_are_taken_away() {
    let records = |streams| {
        let (mut feed, mut found) = (Feed::new(NASDAQ, streams, &[]), Vec::new());
        play(&mut feed, generated(20_000, 10), |_, msgs| {
            // Which record is the last of its event depends on the streams.
            let plain = |msg: &Msg| Msg { flags: Flags(msg.flags.0 & !Flags::LAST.0), ..*msg };
            found.extend(msgs.iter().map(plain));
        });
        found
    };
    let all = records(ALL);
    // Statuses are told with every stream.
    let only = |kinds: &[Kind]| {
        let wanted = |msg: &&Msg| kinds.contains(&msg.kind) || msg.kind == Kind::Status;
        all.iter().filter(wanted).copied().collect::<Vec<_>>()
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
    let mut feed = Feed::new(NASDAQ, ALL, &[]);
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

/// What the venue says of its day and of what may be traded; that all is as usual it need not say.
#[test]
fn statuses_are_told_when_they_change() {
    let header = |kind: u8| [kind, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
    let action = |state: u8, reason: &[u8; 4]| {
        [&header(b'H')[..], b"ZVZZT   ", &[state, b' '], reason].concat()
    };
    let short_sale = |action: u8| [&header(b'Y')[..], b"ZVZZT   ", &[action]].concat();
    let system = |code: u8| [&header(b'S')[..], &[code]].concat();
    let messages = [
        system(b'O'),
        action(b'T', b"    "),
        short_sale(b'0'),
        system(b'Q'),
        action(b'H', b"LUDP"),
        action(b'H', b"LUDP"),
        short_sale(b'1'),
        action(b'T', b"    "),
        [&header(b'h')[..], b"ZVZZT   QH"].concat(),
    ];
    let file: Vec<u8> = messages
        .iter()
        .flat_map(|message| [&(message.len() as u16).to_be_bytes()[..], message].concat())
        .collect();
    let (mut feed, mut found) = (Feed::new(NASDAQ, Streams::default(), &[]), Vec::new());
    play(&mut feed, Input::from_bytes("a day", file), |_, msgs| {
        found.extend(msgs.iter().map(|msg| {
            let status = msg.status().unwrap();
            let reason = String::from_utf8_lossy(&status.reason).replace('\0', "");
            (msg.symbol.name(), status.topic, char::from(status.code), reason)
        }));
    });
    let expected = [
        ("", Topic::Venue, 'Q', ""),
        ("ZVZZT", Topic::Trading, 'H', "LUDP"),
        ("ZVZZT", Topic::ShortSale, '1', ""),
        ("ZVZZT", Topic::Trading, 'T', ""),
        ("ZVZZT", Topic::Operational, 'H', "Q"),
    ];
    let expected = expected
        .map(|(symbol, topic, code, reason)| (symbol.to_owned(), topic, code, reason.to_owned()));
    assert_eq!(found, expected);
}
