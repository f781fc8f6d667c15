//! What was published once is published again, whole or in part.

use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_shared::clock::ClockKind;
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Kind, Msg};
use tickline_shared::recording::{BLOCK_RECORDS, Encoder, Header, Row};
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::units::Symbol;

use crate::feed::{ALL, Feed, play};
use crate::{NASDAQ, generated};

/// Everything, levels included: then nothing has to be held back.
const EVERY: Streams = Streams { levels: true, ..ALL };

/// What a day looks like in these streams, from the venue's own messages.
fn published(streams: Streams, filter: &[&str]) -> Vec<Msg> {
    let (mut feed, mut found) = (Feed::new(NASDAQ, streams, filter), Vec::new());
    play(&mut feed, generated(20_000, 10), |_, msgs| found.extend_from_slice(msgs));
    found
}

/// A recording of these records.
fn recording(msgs: &[Msg], listed: &[(Symbol, Listing)]) -> Input {
    let header = Header {
        created_unix_ns: 0,
        ring_created_unix_ns: 0,
        ring_first: 0,
        epoch: Epoch::Midnight,
        streams: ALL,
        clock: ClockKind::Monotonic,
        clock_multiplier: 1 << 32,
        ring: "test".to_owned(),
        venue: "nasdaq-itch50".to_owned(),
        program: String::new(),
    };
    let (mut bytes, mut encoder) = (header.to_bytes().to_vec(), Encoder::default());
    encoder.list(listed, &mut bytes);
    for some in msgs.chunks(BLOCK_RECORDS) {
        some.iter().for_each(|msg| {
            encoder.push(&Row { msg: *msg, exchange_ts: 7, ingress_ts: 8 });
        });
        encoder.flush(&mut bytes);
    }
    Input::from_bytes("a recording", bytes)
}

/// What becomes of a recording in these streams.
fn again(msgs: &[Msg], streams: Streams, filter: &[&str]) -> Vec<Msg> {
    let (mut feed, mut found) = (Feed::new(Venue::Recorded, streams, filter), Vec::new());
    play(&mut feed, recording(msgs, &[]), |_, msgs| found.extend_from_slice(msgs));
    feed.publisher.settle().unwrap();
    found.extend(feed.records());
    assert_eq!(feed.publisher.faults(), Default::default());
    found
}

#[test]
fn a_recording_is_published_as_it_was() {
    let msgs = published(ALL, &[]);
    assert!(msgs.len() > 20_000);
    assert_eq!(again(&msgs, EVERY, &[]), msgs);
    assert_eq!(again(&msgs, ALL, &[]), msgs, "what is held back comes in time");
}

/// The same as if the feed had published less in the first place, the marks of the last records of
/// events included.
#[test]
fn a_part_of_a_recording_is_what_a_feed_publishes_of_that_part() {
    let msgs = published(ALL, &[]);
    let none = Streams::default();
    for streams in [
        Streams { orders: true, ..none },
        Streams { quotes: true, ..none },
        Streams { trades: true, ..none },
        Streams { orders: true, trades: true, ..none },
        Streams { quotes: true, trades: true, ..none },
        Streams { orders: true, quotes: true, ..none },
    ] {
        assert_eq!(again(&msgs, streams, &[]), published(streams, &[]), "{streams:?}");
    }
    let symbol = msgs.iter().find(|msg| msg.kind == Kind::Trade).unwrap().symbol.name();
    let quotes = Streams { quotes: true, ..none };
    let found = again(&msgs, quotes, &[&symbol]);
    assert!(found.len() > 100);
    assert_eq!(found, published(quotes, &[&symbol]));
    // Whose trade was broken is not always said, and then nobody knows whether it is wanted.
    let mut found = again(&msgs, ALL, &[&symbol]);
    found.retain(|msg| msg.kind != Kind::TradeBreak || msg.symbol != Symbol::NONE);
    assert_eq!(found, published(ALL, &[&symbol]));
}

/// A recording that ends within an event: what was held back comes, unmarked, as the rest may.
#[test]
fn an_event_that_was_cut_ends_with_what_there_is() {
    let msgs = published(ALL, &[]);
    let within = |pair: &[Msg]| {
        pair[0].kind == Kind::Add
            && !pair[0].flags.contains(Flags::LAST)
            && pair[1].kind == Kind::Quote
    };
    let cut = msgs.windows(2).position(within).unwrap() + 2;
    let orders = Streams { orders: true, ..Streams::default() };
    let found = again(&msgs[..cut], orders, &[]);
    assert_eq!(found.last(), msgs.get(cut - 2));
}

#[test]
fn missing_symbols_are_known_and_long_names_kept() {
    let msgs = published(ALL, &[]);
    let alias: Symbol = "1000~6AB".parse().unwrap();
    let listing = Listing::new(Name::of("1000SATSUSDT"));
    let mut feed = Feed::new(Venue::Recorded, ALL, &["1000~6AB", "NOSUCH"]);
    play(
        &mut feed,
        recording(&[Msg { symbol: alias, ..msgs[0] }], &[(alias, listing)]),
        |_, msgs| {
            assert!(msgs.iter().all(|msg| msg.symbol == alias));
        },
    );
    assert_eq!(feed.publisher.instruments().missing(), ["NOSUCH".parse().unwrap()]);
}
