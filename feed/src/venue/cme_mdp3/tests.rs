//! Messages put together in the order of the schema: what they say, and the same cut short, longer
//! and unknown.

use proptest::prelude::*;
use tickline_shared::msg::Side;
use tickline_shared::units::Price;

use super::*;

mod reference;

const TIME: u64 = 1_449_000_000_000_000_000;

/// A message of this version: root block, groups with their dimensions.
fn versioned(template: u16, version: u16, root: &[u8], groups: &[u8]) -> Vec<u8> {
    let header = [root.len() as u16, template, SCHEMA_ID, version].map(u16::to_le_bytes).concat();
    [&header, root, groups].concat()
}

fn message(template: u16, root: &[u8], groups: &[u8]) -> Vec<u8> {
    versioned(template, 9, root, groups)
}

/// The root of an incremental message, with its padding.
fn at(indicator: u8) -> Vec<u8> {
    [&TIME.to_le_bytes()[..], &[indicator, 0, 0]].concat()
}

/// A group of blocks of one length.
fn group(block: u16, blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut group = [&block.to_le_bytes()[..], &[blocks.len() as u8]].concat();
    for bytes in blocks {
        let mut bytes = bytes.clone();
        bytes.resize(block.into(), 0);
        group.extend(bytes);
    }
    group
}

/// A price level of instrument 7: its number, what happens, the position, what stands there.
fn entry(rpt_seq: u32, action: u8, kind: u8, level: u8, price: i64, size: i32) -> Vec<u8> {
    let mut bytes = price.to_le_bytes().to_vec();
    bytes.extend([size, 7].map(i32::to_le_bytes).concat());
    bytes.extend([rpt_seq, 1].map(u32::to_le_bytes).concat());
    bytes.extend([level, action, kind]);
    bytes
}

const END: u8 = indicator::END_OF_EVENT;

fn book(indicator: u8, entries: &[Vec<u8>]) -> Vec<u8> {
    message(46, &at(indicator), &group(32, entries))
}

/// A decoder, and what was said so far.
struct Heard(CmeMdp3);

impl Heard {
    fn new() -> Heard {
        Heard(CmeMdp3::new(&Setting::of("t".as_ref())))
    }

    /// What a message says, by instrument.
    #[track_caller]
    fn of(&mut self, bytes: &[u8]) -> Vec<(u64, MarketEvent)> {
        let decoded = self.0.decode(bytes).unwrap();
        let first = (decoded.instrument, decoded.event);
        let mut all = vec![first];
        while let Some(next) = self.0.more(bytes) {
            all.push(next);
        }
        all.retain(|said| *said != (SecurityId::NONE, MarketEvent::Other));
        all.into_iter().map(|(id, event)| (id.0, event)).collect()
    }

    /// The levels that a message tells of instrument 7, and whether its event ends with them.
    #[track_caller]
    fn levels(&mut self, bytes: &[u8]) -> (Vec<(Side, i64, u32)>, bool) {
        let (mut levels, mut ended) = (Vec::new(), false);
        for (id, event) in self.of(bytes) {
            assert!(id == 7 && !ended);
            match event {
                MarketEvent::Level { side, price, quantity, complete: false, .. } => {
                    levels.push((side, price.0, quantity));
                }
                MarketEvent::EventEnd => ended = true,
                other => panic!("{other:?}"),
            }
        }
        (levels, ended)
    }
}

fn level(side: Side, price: i64, quantity: u32) -> MarketEvent {
    let (price, flags) = (Price(price), Flags::default());
    MarketEvent::Level { side, price, quantity, flags, complete: false }
}

const BID: u8 = entry_type::BID;
const OFFER: u8 = entry_type::OFFER;

#[test]
fn levels_are_told_by_price_when_the_event_ends() {
    let mut heard = Heard::new();
    let new = |rpt, kind, level, price, size| entry(rpt, action::NEW, kind, level, price, size);
    let first = book(0, &[new(1, BID, 1, 100, 5), new(2, BID, 2, 99, 6)]);
    assert_eq!(heard.levels(&first), (vec![], false));
    let last = book(indicator::LAST_QUOTE, &[new(3, OFFER, 1, 101, 7)]);
    let all = vec![(Side::Bid, 100, 5), (Side::Bid, 99, 6), (Side::Ask, 101, 7)];
    assert_eq!(heard.levels(&last), (all, true));
    assert_eq!(heard.levels(&book(END, &[])), (vec![], false), "nothing changed since");
    // A better bid moves the others down, and comes and goes within one event.
    let passing = [new(4, BID, 1, 102, 1), entry(5, action::DELETE, BID, 1, 102, 1)];
    assert_eq!(heard.levels(&book(END, &passing)), (vec![], false));
    let change =
        [entry(6, action::CHANGE, BID, 2, 99, 60), entry(7, action::OVERLAY, OFFER, 1, 103, 8)];
    let told = vec![(Side::Bid, 99, 60), (Side::Ask, 101, 0), (Side::Ask, 103, 8)];
    assert_eq!(heard.levels(&book(END, &change)), (told, true));
    let from = [new(8, BID, 3, 98, 2), entry(9, action::DELETE_FROM, BID, 2, 0, 0)];
    let told = vec![(Side::Bid, 100, 0), (Side::Bid, 99, 0), (Side::Bid, 98, 2)];
    assert_eq!(heard.levels(&book(END, &from)), (told, true));
    let thru = [entry(10, action::DELETE_THRU, BID, 1, 0, 0)];
    assert_eq!(heard.levels(&book(END, &thru)), (vec![(Side::Bid, 98, 0)], true));
    let reset = [entry(11, action::NEW, entry_type::BOOK_RESET, 1, NO, 0)];
    assert_eq!(heard.of(&book(END, &reset)), [(7, MarketEvent::ClearBook)]);
}

const NO: i64 = wire::NO_PRICE;

#[test]
fn implied_levels_stay_out_of_the_book() {
    let mut heard = Heard::new();
    let implied = [
        entry(1, action::NEW, b'E', 1, 105, 5),
        entry(2, action::NEW, BID, 1, 100, 5),
        entry(3, action::NEW, b'F', 1, 95, 5),
    ];
    assert_eq!(heard.levels(&book(END, &implied)), (vec![(Side::Bid, 100, 5)], true));
}

#[test]
fn what_is_pushed_out_leaves_and_what_is_not_known_is_waited_for() {
    let mut heard = Heard::new();
    let fill: Vec<_> =
        (1..=10).map(|n| entry(n, action::NEW, BID, n as u8, 100 - i64::from(n), 1)).collect();
    assert_eq!(heard.levels(&book(END, &fill)).0.len(), 10);
    let better = [entry(11, action::NEW, BID, 1, 100, 9)];
    let told = vec![(Side::Bid, 90, 0), (Side::Bid, 100, 9)];
    assert_eq!(heard.levels(&book(END, &better)), (told, true));
    // A capture that begins in the middle: the second level would look like the best.
    let mut heard = Heard::new();
    let second = [entry(500, action::CHANGE, OFFER, 2, 102, 3)];
    assert_eq!(heard.levels(&book(END, &second)), (vec![], false));
    let best = [entry(501, action::CHANGE, OFFER, 1, 101, 2)];
    let told = vec![(Side::Ask, 101, 2), (Side::Ask, 102, 3)];
    assert_eq!(heard.levels(&book(END, &best)), (told, true));
    // Positions and actions that there are not.
    for (level, action) in [(0, action::NEW), (11, action::NEW), (255, action::DELETE), (1, 6)] {
        let odd = [entry(0, action, OFFER, level, 1, 1)];
        assert_eq!(heard.levels(&book(END, &odd)), (vec![], false));
    }
}

#[test]
fn a_lost_entry_empties_the_book_of_its_instrument() {
    let mut heard = Heard::new();
    let one = book(END, &[entry(1, action::NEW, BID, 1, 100, 5)]);
    heard.of(&one);
    let after = book(END, &[entry(3, action::NEW, BID, 2, 99, 5)]);
    assert_eq!(heard.of(&after), [(7, MarketEvent::ClearBook)]);
    // Statistics are numbered with the levels.
    let high = [&9i64.to_le_bytes()[..], &7u32.to_le_bytes(), &4u32.to_le_bytes()].concat();
    assert_eq!(heard.of(&message(51, &at(END), &group(24, &[high]))), []);
    let best = book(END, &[entry(5, action::CHANGE, BID, 1, 101, 4)]);
    let told = vec![(Side::Bid, 101, 4), (Side::Bid, 99, 5)];
    assert_eq!(heard.levels(&best), (told.clone(), true));
    // Another session empties all books: this one is shown again as it is.
    heard.0.begin_session();
    assert_eq!(heard.levels(&book(END, &[])), (told, true));
}

/// The root of a snapshot; limits follow.
fn snapshot_root(rpt_seq: u32) -> Vec<u8> {
    let mut root = [5_615u32, 1, 7, rpt_seq].map(u32::to_le_bytes).concat();
    root.extend(TIME.to_le_bytes());
    root.resize(59, 0);
    root
}

fn snapshot_entry(price: i64, size: i32, level: u8, kind: u8) -> Vec<u8> {
    let mut bytes = price.to_le_bytes().to_vec();
    bytes.extend([size, 1].map(i32::to_le_bytes).concat());
    bytes.extend([level, 0, 0, 0, 0, kind]);
    bytes
}

#[test]
fn a_snapshot_takes_the_place_of_what_was_known_before_it() {
    let mut heard = Heard::new();
    heard.of(&book(END, &[entry(5, action::NEW, BID, 1, 100, 5)]));
    let levels = [
        snapshot_entry(101, 1, 1, BID),
        snapshot_entry(102, 2, 1, OFFER),
        snapshot_entry(9, 0, 0, b'6'),
    ];
    let snapshot = |rpt_seq| message(52, &snapshot_root(rpt_seq), &group(22, &levels));
    assert_eq!(heard.of(&snapshot(4)), [], "older than what is known");
    let told = vec![(Side::Bid, 100, 0), (Side::Bid, 101, 1), (Side::Ask, 102, 2)];
    assert_eq!(heard.levels(&snapshot(8)), (told, true));
    // What it contains may still come, and is passed over.
    assert_eq!(heard.of(&book(END, &[entry(8, action::DELETE, BID, 1, 101, 1)])), []);
    let next = book(END, &[entry(9, action::DELETE, BID, 1, 101, 1)]);
    assert_eq!(heard.levels(&next), (vec![(Side::Bid, 101, 0)], true));
}

/// A trade of instrument 7 as template 42 and 48 have it.
fn summary(rpt_seq: u32, action: u8, aggressor: u8, id: u32) -> Vec<u8> {
    let mut bytes = 4_027_500_000i64.to_le_bytes().to_vec();
    bytes.extend([12, 7, rpt_seq, 2].map(u32::to_le_bytes).concat());
    bytes.extend([aggressor, action]);
    bytes.extend(id.to_le_bytes());
    bytes
}

fn trade(match_id: u64, side: Side, price: i64) -> MarketEvent {
    let (price, flags, symbol) = (Price(price), Flags::default(), Symbol::NONE);
    MarketEvent::Trade { match_id, side, price, quantity: 12, flags, symbol }
}

#[test]
fn trades_are_told_with_the_side_that_rested() {
    let mut heard = Heard::new();
    let orders = [&[16, 0, 0, 0, 0, 0, 0, 1][..], &[0; 16]].concat();
    let groups = |entries: &[Vec<u8>]| [group(32, entries), orders.clone()].concat();
    // Version 1.6 has no number of the trade: that of the entry stands for it.
    let old = versioned(42, 6, &at(1), &groups(&[summary(40, 0, 1, 0), summary(41, 0, 0, 0)]));
    let price = 402_750_000_000;
    let expected = [(7, trade(40, Side::Ask, price)), (7, trade(41, Side::None, price))];
    assert_eq!(heard.of(&old), expected);
    let new = message(48, &at(1), &groups(&[summary(42, 0, 2, 77)]));
    assert_eq!(heard.of(&new), [(7, trade(77, Side::Bid, 4_027_500_000))]);
    let broken = (7, MarketEvent::TradeBreak { match_id: 77 });
    let corrected = message(48, &at(1), &groups(&[summary(43, action::CHANGE, 2, 77)]));
    assert_eq!(heard.of(&corrected), [broken, (7, trade(77, Side::Bid, 4_027_500_000))]);
    let deleted = message(48, &at(1), &groups(&[summary(44, action::DELETE, 2, 77)]));
    assert_eq!(heard.of(&deleted), [broken]);
    let unnumbered = message(48, &at(1), &groups(&[summary(45, 0, 2, wire::NO_TRADE_ID)]));
    assert_eq!(heard.of(&unnumbered), [(7, trade(45, Side::Bid, 4_027_500_000))]);
}

/// What EBS sent in schema 1.12, as it was captured from a TCP session.
#[test]
fn long_quantities() {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    };
    let mut heard = Heard::new();
    let level = bytes(
        "0b00400001000c008dd535fdedc2a2168400002000 01f0e7024800000000808d5b00000000007878b400\
         00000000ffffff7f0401310018 00fc4700000000"
            .replace([' ', '\n'], "")
            .as_str(),
    );
    assert_eq!(heard.of(&level), [], "the fourth level alone");
    let traded = bytes(
        "0b00410001000c00d083effeecc2a2160100002800 0160e2f247000000000000000000000000 7878b400\
         00000000000000007a7edd00020000000000000010 00000000000000"
            .replace([' ', '\n'], "")
            .as_str(),
    );
    let event = MarketEvent::Trade {
        match_id: 14_515_834,
        side: Side::Bid,
        price: Price(1_207_100_000),
        quantity: 0,
        flags: Flags::default(),
        symbol: Symbol::NONE,
    };
    assert_eq!(heard.of(&traded), [(11_827_320, event)]);
    let decoded = heard.0.decode(&traded).unwrap();
    assert_eq!((decoded.kind, decoded.longer), (65, false));
    let root = [&TIME.to_le_bytes()[..], &[END], &7u32.to_le_bytes(), &[0; 24]].concat();
    let long = |price: i64, size: u64, level, kind| {
        [&price.to_le_bytes()[..], &size.to_le_bytes(), &[0; 4], &[level, 0, kind]].concat()
    };
    let levels = [long(90, 5_000_000_000, 1, BID), long(95, u64::MAX, 1, OFFER)];
    let told = vec![(Side::Bid, 90, u32::MAX), (Side::Ask, 95, 0)];
    let snapshot = versioned(68, 12, &root, &group(23, &levels));
    assert_eq!(heard.levels(&snapshot), (told, true));
}

#[test]
fn longer_shorter_and_unknown_messages() {
    let mut heard = Heard::new();
    let best = [entry(1, action::NEW, BID, 1, 100, 5)];
    let check = |heard: &mut Heard, bytes: &[u8], longer| {
        let decoded = heard.0.decode(bytes).unwrap();
        assert_eq!((decoded.kind, decoded.longer, decoded.timestamp), (46, longer, TIME));
        let expected = (SecurityId(7), level(Side::Bid, 100, 5));
        assert_eq!((decoded.instrument, decoded.event), expected);
        heard.0 = Heard::new().0;
    };
    let plain = book(END, &best);
    check(&mut heard, &plain, false);
    check(&mut heard, &message(46, &[at(END), vec![1; 5]].concat(), &group(32, &best)), true);
    check(&mut heard, &message(46, &at(END), &group(40, &best)), true);
    // Without its padding, with it, and with the orders behind it: all of them explained.
    check(&mut heard, &message(46, &at(END)[..9], &group(27, &best)), false);
    check(&mut heard, &[&plain[..], &[24, 0, 0, 0, 0, 0, 0, 0]].concat(), false);
    for shorter in 0..plain.len() {
        let expected = match shorter {
            0 => Refused::Empty,
            1..4 => Refused::Short(0),
            _ => Refused::Short(46),
        };
        assert_eq!(heard.0.decode(&plain[..shorter]), Err(expected), "{shorter}");
    }
    assert_eq!(
        heard.0.decode(&message(46, &at(END)[..8], &group(32, &[]))),
        Err(Refused::Short(46))
    );
    let short_blocks = message(46, &at(END), &group(26, &best));
    assert_eq!(heard.0.decode(&short_blocks), Err(Refused::Short(46)));
    for (template, kind) in [(1, 1), (45, 45), (250, 250), (256, 0), (u16::MAX, 0)] {
        let unknown = message(template, &at(END), &[]);
        assert_eq!(heard.0.decode(&unknown), Err(Refused::Unknown(kind)));
    }
    let mut other_schema = plain.clone();
    other_schema[4] = 2;
    assert_eq!(heard.0.decode(&other_schema), Err(Refused::Unknown(46)));
    let names = [0, 12, 46].map(CmeMdp3::type_name);
    assert_eq!(names, ["other", "12", "46"]);
}

proptest! {
    /// Damaged messages of every template, one after the other through one decoder.
    #[test]
    fn no_bytes_panic(
        messages in prop::collection::vec(
            (
                prop::sample::select(templates::ALL),
                0..12u16,
                prop::collection::vec(any::<u8>(), 0..600),
                prop::collection::vec((any::<u8>(), 0..80usize), 0..6),
            ),
            1..8,
        ),
    ) {
        let mut heard = Heard::new();
        for (template, version, noise, damage) in messages {
            let (root, groups) = noise.split_at(noise.len().min(template.root.into()));
            let blocks = groups.len().checked_div(template.entries.into()).unwrap_or(0).min(255);
            let mut sized = [&template.entries.to_le_bytes()[..], &[blocks as u8]].concat();
            sized.extend(groups);
            let mut bytes = versioned(template.id.into(), version, root, &sized);
            for (byte, at) in damage {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            if heard.0.decode(&bytes).is_ok() {
                while heard.0.more(&bytes).is_some() {}
            }
            let _ = heard.0.decode(&noise);
        }
    }
}
