//! What strategies are told of CME.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use tickline_feed::framing::{Event, Framing};
use tickline_feed::publish::Stamp;
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::{self, Stream};
use tickline_feed::venue::Venue;
use tickline_feed::venue::cme_mdp3::CmeMdp3;
use tickline_feed::venue::market::{Decoded, Decoder, Setting};
use tickline_feed::with_stream;
use tickline_shared::book::Level;
use tickline_shared::msg::{Flags, Kind, Side};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Price;

use crate::feed::{Feed, play};
use crate::iex::check;
use cme_wire::{A, B, END_OF_EVENT, capture, heartbeat, incremental, level, message, packet};

#[path = "../support/cme_wire.rs"]
mod cme_wire;

const TOP: Streams = Streams { orders: false, levels: false, quotes: true, trades: true };

const LAST_QUOTE: u8 = 0x04;

const CME: Venue = Venue::CmeMdp3;

const BID: u8 = b'0';
const OFFER: u8 = b'1';

/// A trade: instrument and number, who was the aggressor, price and quantity.
fn trade((id, number): (u32, u32), aggressor: u8, price: i64, size: u32) -> Vec<u8> {
    let mut entry = price.to_le_bytes().to_vec();
    entry.extend([size, id, number, 2].map(u32::to_le_bytes).concat());
    entry.extend([aggressor, 0]);
    entry
}

fn book(indicator: u8, entries: &[Vec<u8>]) -> Vec<u8> {
    incremental(32, indicator, 32, entries)
}

/// The definition of a future with a display factor of 0.01 and a book of ten levels.
fn definition(id: u32, name: &str) -> Vec<u8> {
    let mut root = vec![END_OF_EVENT, 0xff, 0xff, 0xff, 0xff, b'A'];
    root.resize(23, 0);
    root.extend(*b"ZC\0\0\0\0ZC\0\0\0\0");
    root.extend(name.bytes());
    root.resize(55, 0);
    root.extend(id.to_le_bytes());
    root.resize(91, 0);
    root.extend([25_000_000i64, 100_000].map(i64::to_le_bytes).concat());
    root.resize(216, 0);
    let feeds = [&[9, 0, 0][..], &[4, 0, 1], b"GBX", &[10]].concat();
    message(27, &root, &feeds)
}

/// Half an hour of two instruments, of which the second has no definition: implied levels, an event
/// over two packets, a lost packet, a status, both lines.
fn half_an_hour() -> Vec<u8> {
    let new = |id, n, kind, at, price, size| level((id, n), (0, kind), at, price, size);
    let corn = |n, kind, at, price: i64, size| new(7, n, kind, at, price * 2_500_000, size);
    let first = book(
        LAST_QUOTE,
        &[
            corn(1, BID, 1, 1_610, 5),
            corn(2, OFFER, 1, 1_612, 3),
            new(8, 1, BID, 1, -90_000_000, 2),
        ],
    );
    let implied = book(END_OF_EVENT | 0x10, &[corn(3, b'E', 1, 1_611, 50)]);
    let traded =
        incremental(42, 0x01, 32, &[trade((7, 4), 1, 4_030_000_000, 3), trade((8, 2), 0, 1, 0)]);
    let volume = [&3u32.to_le_bytes()[..], &7u32.to_le_bytes(), &5u32.to_le_bytes()].concat();
    let volume = incremental(37, 0x02, 16, &[volume]);
    let deleted = book(0, &[level((7, 6), (2, OFFER), 1, 4_030_000_000, 3)]);
    let better = book(LAST_QUOTE, &[corn(7, OFFER, 1, 1_613, 9), corn(8, OFFER, 2, 1_614, 4)]);
    let after_loss = book(END_OF_EVENT, &[corn(10, BID, 1, 1_611, 1)]);
    let other = book(END_OF_EVENT, &[level((8, 3), (1, BID), 1, -90_000_000, 7)]);
    let mut halt = 1_449_000_000_000_000_000u64.to_le_bytes().to_vec();
    halt.extend(*b"ZC\0\0\0\0\0\0\0\0\0\0");
    halt.extend([&i32::MAX.to_le_bytes()[..], &[0, 0, END_OF_EVENT, 2, 1, 0]].concat());
    let packets = [
        (A, packet(1, &[definition(7, "ZCH6"), definition(9, "ZCH6-ZCK6")])),
        (A, packet(2, &[first.clone(), implied])),
        (B, packet(2, &[first])),
        (B, packet(3, &[traded, volume, deleted])),
        (A, packet(4, &[better])),
        (A, packet(5, &[heartbeat()])),
        // The sixth is lost, and with it entry 9 of corn.
        (B, packet(7, &[after_loss, other])),
        (A, packet(8, &[message(30, &halt, &[])])),
    ];
    capture(&packets)
}

#[test]
fn half_an_hour_of_futures() {
    check(CME, TOP, &[], half_an_hour(), "cme.txt");
    let levels = Streams { levels: true, quotes: false, ..TOP };
    check(CME, levels, &["ZCH6"], half_an_hour(), "cme-levels-zch6.txt");
}

/// What a second file says goes on with the books of its own decoder only.
#[test]
fn a_new_session_shows_the_books_of_the_others_again() {
    let other = ([224, 0, 31, 65], 14_341);
    let one = |id, n, at, price| level((id, n), (0, BID), at, price, 5);
    let file = capture(&[
        (A, packet(1, &[book(END_OF_EVENT, &[one(7, 1, 1, 100), one(7, 2, 2, 99)])])),
        (other, packet(1, &[book(END_OF_EVENT, &[one(8, 1, 1, 50)])])),
        (A, packet(2, &[book(END_OF_EVENT, &[level((7, 3), (1, BID), 2, 99, 6)])])),
    ]);
    let mut feed = Feed::new(CME, TOP, &[]);
    let mut tops = Vec::new();
    play(&mut feed, Input::from_bytes("t", file), |feed, _| {
        let levels = feed.publisher.levels().unwrap();
        tops.push([1, 2].map(|number| levels.depth(number, Side::Bid).count()));
    });
    assert_eq!(tops.last(), Some(&[2, 1]));
}

fn real() -> Option<Input> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/cme");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(Input::open(root.join("mdp3-v1.6-ab.pcap.gz")).unwrap())
}

/// Counted by another program: trades with a quantity, changes of the best bid and offer of each
/// instrument at the ends of events, levels that change in them, lots traded.
#[test]
fn quotes_trades_and_levels_of_a_real_channel() {
    let Some(input) = real() else { return };
    let mut feed = Feed::new(CME, Streams { levels: true, ..TOP }, &[]);
    let (mut kinds, mut tops, mut lots) = (BTreeMap::new(), HashMap::new(), 0);
    let mut resting = BTreeMap::new();
    play(&mut feed, input, |_, msgs| {
        for msg in msgs {
            *kinds.entry(format!("{:?}", msg.kind)).or_default() += 1;
            if msg.kind == Kind::Trade {
                lots += msg.quantity;
                *resting.entry(format!("{:?}", msg.side)).or_default() += 1;
            }
        }
        let quotes: Vec<_> = msgs.iter().filter(|msg| msg.kind == Kind::Quote).collect();
        for pair in quotes.chunks(2) {
            let [bid, ask] = pair else { panic!("{pair:?}") };
            assert_eq!((bid.side, ask.side, bid.symbol), (Side::Bid, Side::Ask, ask.symbol));
            let empty = [bid, ask].iter().any(|msg| msg.price == Price::NONE);
            assert!(empty || bid.price < ask.price, "{bid:?} {ask:?}");
            assert!(!bid.flags.contains(Flags::LAST) && ask.flags.contains(Flags::LAST));
            let top = [bid, ask].map(|msg| (msg.price, msg.quantity));
            assert_ne!(tops.insert(bid.symbol, top), Some(top));
        }
    });
    let expected: [(&str, u32); 3] = [("Level", 5_592), ("Quote", 2 * 2_179), ("Trade", 355)];
    assert_eq!(kinds, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
    let sides: [(&str, u32); 3] = [("Ask", 69), ("Bid", 133), ("None", 153)];
    assert_eq!(resting, sides.map(|(side, count)| (side.to_owned(), count)).into());
    assert_eq!((lots, tops.len()), (1_085, 85));
    // As the other program has it at the end.
    let [bid, ask] = tops[&"411873".parse().unwrap()];
    assert_eq!(
        (bid.0.to_string(), bid.1, ask.0.to_string(), ask.1),
        ("412.00".into(), 2, "412.75".into(), 1)
    );
    assert_eq!(feed.publisher.faults(), Default::default());
}

/// Ten places, each known or not.
type Places = Vec<Option<(i64, u32)>>;

/// The levels of an instrument by side, as their definition reads.
#[derive(Default)]
struct Model(BTreeMap<(u32, u8), Places>);

impl Model {
    /// Follows a message of template 32, by the offsets of its fields; whether an event ends.
    fn follow(&mut self, bytes: &[u8]) -> bool {
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        if bytes[2] == 32 {
            for at in (0..usize::from(bytes[21])).map(|entry| 22 + 32 * entry) {
                let price = i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
                let (quantity, id) = (number(at + 8), number(at + 12));
                let [position, action, kind] = bytes[at + 24..at + 27].try_into().unwrap();
                let places = self.0.entry((id, kind)).or_insert_with(|| vec![None; 10]);
                let position = usize::from(position) - 1;
                match action {
                    0 => {
                        places.insert(position, Some((price, quantity)));
                        places.pop();
                    }
                    1 => places[position] = Some((price, quantity)),
                    _ => {
                        places.remove(position);
                        places.push(None);
                    }
                }
            }
        }
        bytes[2] != 12 && bytes[16] & END_OF_EVENT != 0
    }

    fn levels(&self, id: u32, kind: u8) -> Vec<Level> {
        let places = self.0.get(&(id, kind)).into_iter().flatten();
        let known = places.map_while(|place| *place);
        let level = |(mantissa, quantity): (i64, u32)| Level {
            price: Price(mantissa * 100),
            quantity: quantity.into(),
            orders: 1,
        };
        known.map(level).collect()
    }
}

/// Whatever the container, its messages one after the other.
fn messages<F: Framing>(mut stream: Stream<F>) -> Vec<(u64, Vec<u8>)> {
    let (mut messages, mut counts) = (Vec::new(), Default::default());
    loop {
        match stream.next(&mut counts).unwrap() {
            Event::Message { sequence, bytes, .. } => messages.push((sequence, bytes.to_vec())),
            Event::End => return messages,
            _ => {}
        }
    }
}

#[test]
fn the_books_of_a_real_channel_agree_with_the_model() {
    let Some(input) = real() else { return };
    let opened = stream::open(input, Some(CME), Sessions::default()).unwrap();
    let messages = with_stream!(opened.stream, stream => messages(stream));
    let mut feed = Feed::new(CME, TOP, &[]);
    let mut decoder = CmeMdp3::new(&Setting::of(Path::new("t")));
    let (mut model, mut ends, mut compared) = (Model::default(), 0, 0);
    for (sequence, bytes) in &messages {
        let decoded = decoder.decode(bytes).unwrap();
        let stamp = Stamp { sequence: *sequence, exchange_ts: decoded.timestamp, ingress: 0 };
        feed.publisher.follow(&decoded, stamp).unwrap();
        while let Some((instrument, event)) = decoder.more(bytes) {
            feed.publisher.follow(&Decoded { instrument, event, ..decoded }, stamp).unwrap();
        }
        feed.records();
        if !model.follow(bytes) {
            continue;
        }
        ends += 1;
        let (levels, instruments) =
            (feed.publisher.levels().unwrap(), feed.publisher.instruments());
        for number in 1.. {
            let symbol = instruments.get(number).symbol.name();
            let Ok(id) = symbol.parse() else { break };
            for (side, kind) in [(Side::Bid, BID), (Side::Ask, OFFER)] {
                let found: Vec<_> = levels.depth(number, side).collect();
                assert_eq!(found, model.levels(id, kind), "{symbol} {side:?} {sequence}");
                compared += found.len();
            }
        }
    }
    assert!(ends == 4_781 && compared > 1_000_000, "{ends} {compared}");
}
