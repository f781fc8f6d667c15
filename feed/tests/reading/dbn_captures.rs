//! Real captures of DBN, and the fixtures of those who own the format, against their own crate: the
//! same records, byte for byte, and the same meaning. Where they are absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::Path;

use dbn::{
    BboMsg, CbboMsg, Cmbp1Msg, InstrumentDefMsg, MboMsg, Mbp1Msg, Mbp10Msg, TradeMsg, v1, v2,
};
use tickline_feed::inspect::{Report, survey};
use tickline_feed::instruments::SecurityId;
use tickline_feed::session::Sessions;
use tickline_feed::source::{Error, Input};
use tickline_feed::stream::{self, AnyStream};
use tickline_feed::venue::Venue;
use tickline_feed::venue::dbn::Dbn;
use tickline_feed::venue::market::{Action, Decoder, MarketEvent, Setting};
use tickline_shared::msg::{Flags, Side};
use tickline_shared::units::{Price, Symbol};

use crate::wire::{Seen, play};
use dbn_files::{captures, of_type, small_files, theirs, unpacked};

#[path = "../support/dbn_files.rs"]
mod dbn_files;

fn read(path: &Path) -> Report {
    let report = survey(path, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!((report.format, report.framing, report.venue), ("dbn", "dbn", Venue::Dbn));
    report
}

fn kinds(report: &Report) -> BTreeMap<String, u64> {
    let counts = &report.counts;
    assert_eq!((counts.unknown_messages, counts.longer, counts.truncated), (0, 0, false));
    assert_eq!(counts.malformed.iter().sum::<u64>(), 0, "{report:?}");
    counts.named(&counts.by_type).collect()
}

fn messages(path: &Path) -> Vec<(Option<u64>, Vec<u8>)> {
    let (seen, _, error) = play(Input::open(path).unwrap());
    assert!(error.is_none(), "{error:?}");
    let message = |event| match event {
        Seen::Message { capture_ts, bytes, .. } => Some((capture_ts, bytes)),
        _ => None,
    };
    seen.into_iter().filter_map(message).collect()
}

#[test]
fn two_real_files() {
    let Some(root) = captures() else { return };
    let report = read(&root.join("mbo-20240508.dbn.zst"));
    assert_eq!(kinds(&report), BTreeMap::from([("mbo".to_owned(), 13_796)]));
    assert_eq!(report.evidence, "metadata (DBN 1, dataset GLBX.MDP3, schema mbo)");
    assert_eq!((report.counts.sessions, report.counts.bytes), (1, 13_796 * 56));
    let times = (report.counts.first_ts, report.counts.last_ts);
    assert_eq!(times, (Some(1_715_126_400_000_000_000), Some(1_715_126_401_995_697_728)));
    let report = read(&root.join("mbp1-20240701.dbn.zst"));
    assert_eq!(kinds(&report), BTreeMap::from([("mbp-1".to_owned(), 2_288)]));
}

/// The name of a file says the schema; the crate says how many records there are.
#[test]
fn every_fixture_is_read_or_refused() {
    let Some(root) = captures() else { return };
    let (mut files, mut fragments, mut records, mut refused) = (0, 0, 0, 0);
    for path in small_files(&root) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".dbz") {
            let error = survey(&path, None).unwrap_err();
            assert!(matches!(error, Error::Version { .. }), "{error:?}");
            let message = error.to_string();
            assert!(message.contains("dbn FILE.dbz --dbn --output FILE.dbn"), "{message}");
            refused += 1;
            continue;
        }
        let (metadata, their) = theirs(&unpacked(&path));
        let report = read(&path);
        let schema = name.split('.').nth(1).unwrap();
        // DBN 1 to 3 have no type for records of tbbo.
        let kind = if schema == "tbbo" { "mbp-1" } else { schema };
        let count = their.len() as u64;
        let expected = (count > 0).then(|| (kind.to_owned(), count));
        assert_eq!(kinds(&report), expected.into_iter().collect(), "{name}");
        let ours: Vec<_> = messages(&path).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(ours, their, "{name}");
        files += 1;
        records += their.len();
        fragments += usize::from(metadata.is_none());
        assert_eq!(report.notes.len(), usize::from(metadata.is_none()), "{:?}", report.notes);
    }
    assert_eq!((files, fragments, refused), (75 + 7, 7, 10));
    assert_eq!(records, 176 + 20);
}

#[test]
fn the_metadata_name_the_instruments() {
    let Some(root) = captures() else { return };
    let check = |file: &str, id, name| {
        let input = Input::open(root.join(file)).unwrap();
        let opened = stream::open(input, None, Sessions::default()).unwrap();
        let AnyStream::Dbn(stream) = opened.stream else { panic!("{:?}", opened.stream) };
        let listings = stream.listings();
        let [(key, listing)] = &listings[..] else { panic!("{listings:?}") };
        assert_eq!((*key, listing.name().text()), (SecurityId(id).key(), name));
    };
    check("mbo-20240508.dbn.zst", 5602, "ESM4".to_owned());
    check("mbp1-20240701.dbn.zst", 118, "ESU4".to_owned());
    check("fixtures/test_data.mbo.v3.dbn", 5482, "ESH1".to_owned());
    check("fixtures/test_data.mbo.v1.dbn.zst", 5482, "ESH1".to_owned());
    check("xnas-itch/test_data.trades.dbn.zst", 6155, "NVDA".to_owned());
}

/// A file of another venue than the one that was asked for is refused, and so is this one as another's.
#[test]
fn another_venue_is_refused() {
    let Some(root) = captures() else { return };
    let open = |file: &str, venue| {
        let input = Input::open(root.join(file)).unwrap();
        stream::open(input, Some(venue), Sessions::default())
    };
    for file in ["mbo-20240508.dbn.zst", "fixtures/test_data.definition.v1.dbn.frag"] {
        for (venue, _) in Venue::ALL.iter().filter(|(venue, _)| *venue != Venue::Dbn) {
            let error = open(file, *venue).unwrap_err();
            assert!(matches!(error, Error::OtherVenue { found: "dbn", .. }), "{error}");
        }
        open(file, Venue::Dbn).unwrap();
    }
    let itch = root.join("../nasdaq/day-start.itch");
    let error = stream::open(Input::open(itch).unwrap(), Some(Venue::Dbn), Sessions::default());
    assert!(matches!(error.unwrap_err(), Error::OtherVenue { asked: "dbn", .. }));
}

fn side(of: dbn::Side) -> Side {
    match of {
        dbn::Side::Bid => Side::Bid,
        dbn::Side::Ask => Side::Ask,
        dbn::Side::None => Side::None,
    }
}

fn resting(aggressor: dbn::Side) -> Side {
    match side(aggressor) {
        Side::Bid => Side::Ask,
        Side::Ask => Side::Bid,
        none => none,
    }
}

/// Everything that the records of a file say, with the time of capture and the clock.
fn meanings(path: &Path) -> Vec<(u64, u64, u64, Vec<MarketEvent>)> {
    let mut decoder = Dbn::new(&Setting::of(path));
    let meaning = |(capture_ts, bytes): (Option<u64>, Vec<u8>)| {
        let decoded = decoder.decode(&bytes).unwrap();
        let mut events = vec![decoded.event];
        events.extend(std::iter::from_fn(|| decoder.more(&bytes)).map(|(_, event)| event));
        (capture_ts.unwrap(), decoded.timestamp, decoded.instrument.0, events)
    };
    messages(path).into_iter().map(meaning).collect()
}

#[test]
fn orders_say_what_the_crate_reads() {
    let Some(root) = captures() else { return };
    let small = small_files(&root);
    let of_mbo = small.iter().filter(|path| path.to_str().unwrap().contains("test_data.mbo."));
    let big = [root.join("mbo-20240508.dbn.zst")];
    let mut records = 0;
    for path in of_mbo.chain(&big).filter(|path| path.extension().unwrap() != "dbz") {
        let their: Vec<MboMsg> = of_type(&theirs(&unpacked(path)).1);
        let ours = meanings(path);
        assert_eq!(ours.len(), their.len());
        for (it, (capture_ts, timestamp, instrument, events)) in their.iter().zip(ours) {
            assert_eq!((capture_ts, timestamp), (it.ts_recv, it.hd.ts_event));
            assert_eq!(instrument, u64::from(it.hd.instrument_id));
            let [MarketEvent::Order(event)] = events[..] else { panic!("{events:?}") };
            let action = match it.action().unwrap() {
                dbn::Action::Add => Action::Add,
                dbn::Action::Cancel => Action::Cancel,
                dbn::Action::Modify => Action::Modify,
                dbn::Action::Clear => Action::Clear,
                dbn::Action::Trade => Action::Trade,
                dbn::Action::Fill => Action::Fill,
                dbn::Action::None => Action::Nothing,
            };
            let its_side = it.side().unwrap();
            let is_trade = action == Action::Trade;
            let expected = if is_trade { resting(its_side) } else { side(its_side) };
            assert_eq!((event.action, event.side), (action, expected));
            assert_eq!((event.id, event.quantity), (it.order_id, it.size));
            assert_eq!(event.price, Price(it.price));
            let flag = |flag| event.flags.contains(flag);
            assert_eq!(flag(Flags::LAST), it.flags.is_last());
            assert_eq!(flag(Flags::FROM_SNAPSHOT), it.flags.is_snapshot());
            assert_eq!(flag(Flags::STALE), it.flags.is_maybe_bad_book());
            records += 1;
        }
    }
    assert_eq!(records, 13_796 + 4 + 5 * 2);
}

/// A quote as our event and as a level of the crate's records.
fn same_top(event: &MarketEvent, bid: (i64, u32), ask: (i64, u32)) {
    let MarketEvent::Quote { bid: ours, ask: our_ask } = event else { panic!("{event:?}") };
    assert_eq!((ours.price.0, ours.quantity), bid);
    assert_eq!((our_ask.price.0, our_ask.quantity), ask);
}

/// What a record at the top of a book says: of a trade both, and otherwise the quote where the event
/// ends.
#[track_caller]
fn check_top(
    events: &[MarketEvent],
    action: Option<dbn::Action>,
    last: bool,
) -> Option<MarketEvent> {
    match (action, events) {
        (Some(dbn::Action::Trade), [MarketEvent::Trade { .. }, quote]) => Some(*quote),
        (Some(dbn::Action::Trade), _) => panic!("{events:?}"),
        (Some(_), [MarketEvent::Other]) => {
            assert!(!last);
            None
        }
        (_, [quote]) => Some(*quote),
        _ => panic!("{events:?}"),
    }
}

macro_rules! check_tops {
    ($root:expr, $schema:literal, $layout:ty, |$it:ident| $action:expr) => {{
        let mut records = 0;
        for path in small_files($root) {
            let name = path.to_str().unwrap();
            if !name.contains(concat!("test_data.", $schema, ".")) || name.ends_with(".dbz") {
                continue;
            }
            let their: Vec<$layout> = of_type(&theirs(&unpacked(&path)).1);
            let ours = meanings(&path);
            assert_eq!(ours.len(), their.len(), "{name}");
            for ($it, (capture_ts, timestamp, _, events)) in their.iter().zip(ours) {
                assert_eq!((capture_ts, timestamp), ($it.ts_recv, $it.hd.ts_event), "{name}");
                let quote = check_top(&events, $action, $it.flags.is_last());
                let top = &$it.levels[0];
                let quote = quote.expect("these files hold whole events");
                same_top(&quote, (top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                if let MarketEvent::Trade { price, quantity, side, .. } = events[0] {
                    assert_eq!((price.0, quantity), ($it.price, $it.size.into()));
                    assert_eq!(side, resting($it.side().unwrap()));
                }
                records += 1;
            }
        }
        records
    }};
}

#[test]
fn tops_say_what_the_crate_reads() {
    let Some(root) = captures() else { return };
    let root = root.as_path();
    assert_eq!(check_tops!(root, "mbp-1", Mbp1Msg, |it| it.action().ok()), 4 * 2 + 4);
    assert_eq!(check_tops!(root, "tbbo", Mbp1Msg, |it| it.action().ok()), 4 * 2 + 4);
    assert_eq!(check_tops!(root, "mbp-10", Mbp10Msg, |it| it.action().ok()), 4 * 2 + 4);
    assert_eq!(check_tops!(root, "cmbp-1", Cmbp1Msg, |it| it.action().ok()), 3 * 2);
    assert_eq!(check_tops!(root, "bbo-1s", BboMsg, |_it| None), 3 * 4);
    assert_eq!(check_tops!(root, "bbo-1m", BboMsg, |_it| None), 3 * 4);
    assert_eq!(check_tops!(root, "cbbo-1s", CbboMsg, |_it| None), 3 * 2);
}

#[test]
fn trades_say_what_the_crate_reads() {
    let Some(root) = captures() else { return };
    let mut records = 0;
    for path in small_files(&root) {
        let name = path.to_str().unwrap();
        if !name.contains("test_data.trades.") || name.ends_with(".dbz") {
            continue;
        }
        let their: Vec<TradeMsg> = of_type(&theirs(&unpacked(&path)).1);
        for (it, (capture_ts, _, _, events)) in their.iter().zip(meanings(&path)) {
            assert_eq!(capture_ts, it.ts_recv);
            let [MarketEvent::Trade { match_id, side, price, quantity, symbol, .. }] = events[..]
            else {
                panic!("{events:?}")
            };
            assert_eq!((match_id, side), (it.sequence.into(), resting(it.side().unwrap())));
            assert_eq!((price.0, quantity), (it.price, it.size.into()));
            assert_eq!(symbol, Symbol::NONE);
            records += 1;
        }
    }
    assert_eq!(records, 4 * 2 + 4);
}

#[test]
fn definitions_say_what_the_crate_reads() {
    let Some(root) = captures() else { return };
    let mut records = 0;
    for path in small_files(&root) {
        let name = path.to_str().unwrap();
        if !name.contains("definition") || name.ends_with(".dbz") {
            continue;
        }
        let their = theirs(&unpacked(&path)).1;
        macro_rules! said {
            ($layout:ty) => {
                of_type::<$layout>(&their)
                    .iter()
                    .map(|it| {
                        let symbol = it.raw_symbol().unwrap().to_owned();
                        (symbol, it.min_price_increment, it.min_lot_size_round_lot)
                    })
                    .collect::<Vec<_>>()
            };
        }
        let said = match their[0].len() {
            360 => said!(v1::InstrumentDefMsg),
            400 => said!(v2::InstrumentDefMsg),
            _ => said!(InstrumentDefMsg),
        };
        for ((symbol, tick, lot), (.., events)) in said.into_iter().zip(meanings(&path)) {
            let [MarketEvent::Directory(listing)] = &events[..] else { panic!("{events:?}") };
            assert_eq!(listing.name().text(), symbol);
            assert_eq!(listing.tick().map_or(i64::MAX, |tick| tick.0), tick);
            let lot = u32::try_from(lot).ok().filter(|lot| !matches!(lot, 0 | 0x7fff_ffff));
            assert_eq!(listing.lot(), lot);
            records += 1;
        }
    }
    assert_eq!(records, 4 * 2 + 1 + 8 + 6 * 2);
}
