//! DBN as it should be and as it should not: what is cut, longer, unknown, damaged.

use dbn::encode::DbnMetadataEncoder;
use dbn::{MappingInterval, MboMsg, Metadata, RecordHeader, SType, Schema, SymbolMapping, rtype};
use proptest::prelude::*;
use tickline_feed::counts::Malformed;
use tickline_feed::inspect::{Report, inspect};
use tickline_feed::session::Sessions;
use tickline_feed::source::{Error, Input};
use tickline_feed::stream::{self, AnyStream};
use tickline_feed::venue::Venue;
use tickline_feed::venue::dbn::Dbn;
use tickline_feed::venue::market::{Decoder, MarketEvent, Setting};
use tickline_feed::with_stream;
use time::macros::{date, datetime};

use crate::wire::{Seen, play, play_bytes, report};

/// 2023-11-14 in nanoseconds.
const DAY: u64 = datetime!(2023-11-14 0:00 UTC).unix_timestamp() as u64 * 1_000_000_000;
const NEXT_DAY: u64 = DAY + 86_400_000_000_000;

fn metadata(version: u8) -> Metadata {
    Metadata::builder()
        .version(version)
        .dataset("TEST")
        .schema(Some(Schema::Mbo))
        .start(DAY)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .build()
}

fn head(metadata: &Metadata) -> Vec<u8> {
    let mut bytes = Vec::new();
    DbnMetadataEncoder::new(&mut bytes).encode(metadata).unwrap();
    bytes
}

/// An order that enters, told apart by its id.
fn order(id: u64) -> Vec<u8> {
    at(id, DAY + id)
}

fn at(id: u64, ts_recv: u64) -> Vec<u8> {
    let record = MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, 7, DAY),
        order_id: id,
        price: 1,
        size: 1,
        action: b'A' as _,
        side: b'B' as _,
        ts_recv,
        ..MboMsg::default()
    };
    record.as_ref().to_vec()
}

/// Some bytes more at the end of a record, and its length says so.
fn longer(mut record: Vec<u8>, by: u8) -> Vec<u8> {
    record.extend(vec![0xee; usize::from(by)]);
    record[0] += by / 4;
    record
}

fn ids(seen: &[Seen]) -> Vec<u64> {
    let id = |event: &Seen| match event {
        Seen::Message { bytes, .. } => Some(u64::from_le_bytes(bytes[16..24].try_into().ok()?)),
        _ => None,
    };
    seen.iter().filter_map(id).collect()
}

#[test]
fn records_behind_metadata_of_every_version() {
    for version in 1..=3 {
        let file = [head(&metadata(version)), order(1), order(2)].concat();
        let (seen, counts) = play_bytes(&file);
        assert_eq!(seen[0], Seen::SessionStart);
        assert_eq!(ids(&seen), [1, 2]);
        assert_eq!((counts.messages, counts.sessions, counts.bytes), (2, 1, 112));
        assert!(
            matches!(seen[2], Seen::Message { sequence: 2, capture_ts: Some(ts), .. } if ts == DAY + 2)
        );
        let evidence = format!("metadata (DBN {version}, dataset TEST, schema mbo)");
        assert_eq!(report(&file).evidence, evidence);
    }
}

#[test]
fn longer_and_unknown_records_are_counted_and_short_ones_too() {
    let mut unknown = order(3);
    unknown[1] = 0x99;
    let mut short = order(4)[..48].to_vec();
    short[0] = 12;
    let file =
        [head(&metadata(3)), order(1), longer(order(2), 8), unknown, short, order(5)].concat();
    let Report { counts, notes, .. } = report(&file);
    assert_eq!((counts.messages, counts.longer, counts.unknown_messages), (5, 1, 1));
    assert_eq!(counts.named(&counts.unknown).collect::<Vec<_>>(), [("0x99".to_owned(), 1)]);
    assert_eq!(counts.named(&counts.by_type).collect::<Vec<_>>(), [("mbo".to_owned(), 3)]);
    assert_eq!(counts.malformed[Malformed::ShortMessage as usize], 1);
    assert!(notes[0].contains("48 bytes are too few"), "{notes:?}");
}

#[test]
fn the_sending_time_of_a_gateway_is_no_part_of_a_record() {
    let head = head(&Metadata { ts_out: true, ..metadata(3) });
    let (seen, counts) = play_bytes(&[head, longer(order(1), 8), longer(order(2), 8)].concat());
    assert_eq!((ids(&seen), counts.longer, counts.bytes), (vec![1, 2], 0, 128));
}

#[test]
fn a_file_may_end_within_a_record() {
    let whole = [head(&metadata(3)), order(1), order(2)].concat();
    for cut in 1..56 {
        let (seen, counts) = play_bytes(&whole[..whole.len() - cut]);
        assert_eq!((ids(&seen), counts.truncated), (vec![1], true), "{cut}");
    }
}

#[test]
fn a_record_that_cannot_be_ends_the_file_with_an_error() {
    for words in 0..4 {
        let mut record = order(2);
        record[0] = words;
        let file = [head(&metadata(3)), order(1), record].concat();
        let (seen, _, error) = play(Input::from_bytes("test", file.clone()));
        assert_eq!(ids(&seen), [1]);
        let Some(Error::Container { offset, found, .. }) = error else { panic!("{error:?}") };
        assert_eq!(offset, file.len() as u64 - 56);
        assert_eq!(found, format!("a length of {}", 4 * words));
    }
}

fn refused(file: &[u8]) -> String {
    inspect(Input::from_bytes("a file", file.to_vec()), None).unwrap_err().to_string()
}

#[test]
fn metadata_that_cannot_be_read_are_refused() {
    let good = head(&metadata(3));
    let mut newer = good.clone();
    newer[3] = 4;
    assert!(refused(&newer).contains("is DBN of version 4"), "{}", refused(&newer));
    let mut endless = good.clone();
    endless[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refused(&endless).contains("a length of 4294967295 bytes"), "{}", refused(&endless));
    let cut = refused(&good[..good.len() - 1]);
    let length = good.len() - 8;
    assert!(cut.contains(&format!("found {} bytes of {length}", length - 1)), "{cut}");
    let mut of_text = good.clone();
    of_text[8] = 0xff;
    assert!(refused(&of_text).contains("expected the metadata of DBN"), "{}", refused(&of_text));
    let mut short = good;
    short[4..8].copy_from_slice(&[9, 0, 0, 0]);
    assert!(refused(&short).contains("shorter than fixed length"), "{}", refused(&short));
}

#[test]
fn a_fragment_is_known_by_its_records() {
    let records = [order(1), order(2), order(3)].concat();
    let report = report(&records);
    assert_eq!((report.venue, report.counts.messages), (Venue::Dbn, 3));
    assert_eq!(report.evidence, "types, lengths and times of its records");
    assert!(report.notes[0].contains("without metadata"), "{:?}", report.notes);
    let (seen, counts) = play_bytes(&records[..records.len() - 1]);
    assert_eq!((ids(&seen), counts.truncated), (vec![1, 2], true));
    // One wrong byte, and it might be anything.
    for (place, value) in [(0, 15), (1, 0x99), (3, 0xff), (15, 0xaa)] {
        let mut wrong = records.clone();
        wrong[56 + place] = value;
        assert!(refused(&wrong).contains("is no capture that tickline reads"));
    }
}

/// The parts of a day are one session, whose books go on; another dataset is another one.
#[test]
fn files_of_one_dataset_are_one_session() {
    let play = |sessions, dataset: &str| {
        let head = head(&Metadata { dataset: dataset.to_owned(), ..metadata(3) });
        let input = Input::from_bytes("test", [head, order(1)].concat());
        let opened = stream::open(input, None, sessions).unwrap();
        let AnyStream::Dbn(mut stream) = opened.stream else { panic!("{:?}", opened.stream) };
        let mut counts = Default::default();
        let first = format!("{:?}", stream.next(&mut counts).unwrap());
        (first, stream)
    };
    let (first, stream) = play(Sessions::default(), "TEST");
    assert_eq!(first, "SessionStart");
    let (first, stream) = play(stream.into_sessions(), "TEST");
    assert!(first.starts_with("Message"), "{first}");
    let (first, mut stream) = play(stream.into_sessions(), "OTHER");
    assert_eq!(first, "SessionStart");
    // Played again, it begins again, from the first record.
    stream.restart().unwrap();
    let mut counts = Default::default();
    assert_eq!(format!("{:?}", stream.next(&mut counts).unwrap()), "SessionStart");
    assert!(format!("{:?}", stream.next(&mut counts).unwrap()).contains("sequence: 1,"));
}

/// Numbers are given anew from day to day: each day has its own names.
#[test]
fn names_change_with_the_day() {
    let interval = |start_date, end_date, id: u32| MappingInterval {
        start_date,
        end_date,
        symbol: id.to_string(),
    };
    let (first, second, third) =
        (date!(2023 - 11 - 14), date!(2023 - 11 - 15), date!(2023 - 11 - 16));
    let mapping = |name: &str, intervals| SymbolMapping { raw_symbol: name.to_owned(), intervals };
    let mappings = vec![
        mapping("AAPL", vec![interval(first, second, 7), interval(second, third, 8)]),
        mapping("MSFT", vec![interval(first, second, 8), interval(second, third, 7)]),
        mapping("IVOO", vec![interval(first, second, 9), interval(second, third, 9)]),
        mapping("LATE", vec![interval(second, third, 10)]),
        // Says that the name stood for nothing.
        mapping(
            "NONE",
            vec![MappingInterval { start_date: first, end_date: third, symbol: String::new() }],
        ),
    ];
    let head = head(&Metadata { mappings, ..metadata(2) });
    let times = [DAY, NEXT_DAY - 1, NEXT_DAY, NEXT_DAY + 1];
    let records = times.map(|ts| at(1, ts)).concat();
    let file = [head, records].concat();
    let opened = stream::open(Input::from_bytes("test", file.clone()), None, Sessions::default());
    let AnyStream::Dbn(stream) = opened.unwrap().stream else { panic!() };
    let names: Vec<_> = stream
        .listings()
        .iter()
        .map(|(key, listing)| (u64::from_le_bytes(key.0), listing.name().text()))
        .collect();
    let expected = [(7, "AAPL"), (8, "MSFT"), (9, "IVOO"), (10, "LATE")];
    assert_eq!(names, expected.map(|(id, name)| (id, name.to_owned())));

    let (seen, counts) = play_bytes(&file);
    let mut decoder = Dbn::new(&Setting::of("test".as_ref()));
    let said: Vec<_> = seen
        .iter()
        .filter_map(|event| match event {
            Seen::Message { bytes, .. } => Some(decoder.decode(bytes).unwrap()),
            _ => None,
        })
        .map(|decoded| match decoded.event {
            MarketEvent::Directory(listing) => {
                format!("{} is {}", decoded.instrument.0, listing.name().text())
            }
            _ => "order".to_owned(),
        })
        .collect();
    assert_eq!(said, ["order", "order", "7 is MSFT", "8 is AAPL", "order", "order"]);
    assert_eq!(counts.messages, 6);
    assert!(report(&file).notes[0].contains("2 names from a later day on"));
}

/// Numbers to names, as metadata of the other direction have them.
#[test]
fn mappings_may_begin_with_the_number() {
    let interval = MappingInterval {
        start_date: date!(2023 - 11 - 14),
        end_date: date!(2023 - 11 - 15),
        symbol: "ESZ3".to_owned(),
    };
    let mappings = vec![SymbolMapping { raw_symbol: "17".to_owned(), intervals: vec![interval] }];
    let inverse = Metadata {
        stype_in: Some(SType::InstrumentId),
        stype_out: SType::RawSymbol,
        mappings,
        ..metadata(3)
    };
    let file = [head(&inverse), order(1)].concat();
    let opened = stream::open(Input::from_bytes("test", file), None, Sessions::default()).unwrap();
    let AnyStream::Dbn(stream) = opened.stream else { panic!() };
    let names: Vec<_> = stream.listings().iter().map(|(_, it)| it.name().text()).collect();
    assert_eq!(names, ["ESZ3"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_panic(
        version in 1u8..=4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        tail in prop::collection::vec(any::<u8>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let mappings = vec![SymbolMapping {
            raw_symbol: "ES.FUT".to_owned(),
            intervals: vec![MappingInterval {
                start_date: date!(2023 - 11 - 14),
                end_date: date!(2023 - 11 - 15),
                symbol: "7".to_owned(),
            }],
        }];
        let head = head(&Metadata { mappings, ..metadata(version.min(3)) });
        let mut file = [head, order(1), order(2), tail].concat();
        file[3] = version;
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        file.truncate(cut.index(file.len() + 1));
        let input = || Input::from_bytes("test", file.clone());
        let _ = inspect(input(), None);
        if let Ok(opened) = stream::open(input(), Some(Venue::Dbn), Sessions::default()) {
            with_stream!(opened.stream, mut stream => {
                let mut counts = Default::default();
                while stream.ahead().is_some() {}
                while let Ok(event) = stream.next(&mut counts) {
                    if event == tickline_feed::framing::Event::End {
                        break;
                    }
                }
                let _ = (stream.listings(), stream.notes(), stream.restart());
            });
        }
    }

    #[test]
    fn no_record_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), rtype in any::<u8>()) {
        let mut bytes = bytes;
        if let Some(place) = bytes.get_mut(1) {
            *place = rtype;
        }
        let mut decoder = Dbn::new(&Setting::of("test".as_ref()));
        if let Ok(decoded) = decoder.decode(&bytes) {
            prop_assert!(Dbn::length(decoded.kind).unwrap() <= bytes.len());
        }
        while decoder.more(&bytes).is_some() {}
        let _ = Dbn::concerns(&bytes);
    }
}
