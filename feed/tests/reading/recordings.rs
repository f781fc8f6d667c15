//! Recordings: what was recorded comes back, and what is damaged is a gap and nothing else.

use std::io::Write;

use proptest::prelude::*;
use tickline_feed::counts::Counts;
use tickline_feed::framing::Event;
use tickline_feed::inspect::inspect;
use tickline_feed::session::{Gap, Sessions};
use tickline_feed::source::{Error, Input};
use tickline_feed::stream::{self, AnyStream};
use tickline_feed::venue::Venue;
use tickline_shared::clock::ClockKind;
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::recording::{Encoder, End, Header, RecordingError, Row, Why};
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::units::{Price, Symbol};
use zerocopy::FromBytes;

const STREAMS: Streams = Streams { orders: false, levels: false, quotes: true, trades: true };

fn header() -> [u8; Header::SIZE] {
    let header = Header {
        created_unix_ns: 1_700_000_000_000_000_000,
        ring_created_unix_ns: 1_699_999_999_000_000_000,
        ring_first: 40,
        epoch: Epoch::Midnight,
        streams: STREAMS,
        clock: ClockKind::Tsc,
        clock_multiplier: 1 << 32,
        ring: "morning".to_owned(),
        venue: "nasdaq-itch50".to_owned(),
        program: "0.1.0".to_owned(),
    };
    header.to_bytes()
}

fn rows(count: u64) -> Vec<Row> {
    let row = |n: u64| {
        let kind = if n % 5 == 4 { Kind::Trade } else { Kind::Quote };
        let msg = Msg {
            id: n / 2,
            price: if n.is_multiple_of(11) {
                Price::NONE
            } else {
                Price::from_e4(1_000_000 + n as u32)
            },
            quantity: n as u32 * 7,
            kind,
            side: if n.is_multiple_of(2) { Side::Bid } else { Side::Ask },
            flags: if n.is_multiple_of(2) { Flags::default() } else { Flags::LAST },
            venue: 0,
            symbol: format!("S{}", n / 2 % 3).parse().unwrap(),
        };
        Row { msg, exchange_ts: 1_000 + n, ingress_ts: 1_700_000_000_000_000_000 + 10 * n }
    };
    (0..count).map(row).collect()
}

/// A recording in blocks of these many records, and where each block begins.
fn recording(rows: &[Row], blocks: &[usize], end: bool) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut encoder) = (header().to_vec(), Encoder::default());
    let mut rest = rows.iter();
    let mut starts = Vec::new();
    for &count in blocks {
        starts.push(bytes.len());
        rest.by_ref().take(count).for_each(|row| {
            encoder.push(row);
        });
        encoder.flush(&mut bytes);
    }
    starts.push(bytes.len());
    if end {
        let (records, ring_next) = (rows.len() as u64, 40 + rows.len() as u64);
        let why = Some(Why::FeedEnded);
        encoder.end(&End { why, ended_unix_ns: 0, records, lost: 0, ring_next }, &mut bytes);
    }
    (bytes, starts)
}

/// What comes out of an input.
#[derive(Default, Debug)]
struct Seen {
    rows: Vec<(u64, Row)>,
    /// Bytes of messages that are no records.
    others: Vec<Vec<u8>>,
    gaps: Vec<Gap>,
    sessions: u32,
    counts: Counts,
    notes: Vec<String>,
    error: Option<Error>,
}

fn see(input: Input) -> Result<Seen, Error> {
    let opened = stream::open(input, None, Sessions::default())?;
    let AnyStream::Recording(mut stream) = opened.stream else { panic!("it is no recording") };
    let mut seen = Seen::default();
    loop {
        match stream.next(&mut seen.counts) {
            Ok(Event::Message { sequence, capture_ts, bytes }) => match Row::read_from_bytes(bytes)
            {
                Ok(row) => {
                    assert_eq!(capture_ts, Some(row.ingress_ts));
                    seen.rows.push((sequence - 1, row));
                }
                Err(_) => seen.others.push(bytes.to_vec()),
            },
            Ok(Event::Gap(gap)) => seen.gaps.push(gap),
            Ok(Event::SessionStart) => seen.sessions += 1,
            Ok(Event::Heartbeat | Event::EndOfSession) => {}
            Ok(Event::End) => break,
            Err(error) => {
                seen.error = Some(error);
                break;
            }
        }
    }
    seen.notes = stream.notes();
    Ok(seen)
}

fn bytes(bytes: &[u8]) -> Input {
    Input::from_bytes("a recording", bytes.to_vec())
}

#[test]
fn a_recording_is_read_as_it_was_written() {
    let rows = rows(1_300);
    let (file, _) = recording(&rows, &[512, 1, 512, 275], true);
    let seen = see(bytes(&file)).unwrap();
    let found: Vec<_> = seen.rows.iter().map(|(_, row)| *row).collect();
    assert_eq!(found, rows);
    assert!(seen.rows.iter().map(|(number, _)| *number).eq(0..1_300));
    assert_eq!((seen.sessions, seen.counts.sessions), (1, 1));
    assert_eq!(seen.counts.bytes, file.len() as u64 - Header::SIZE as u64);
    assert!(!seen.counts.truncated && seen.gaps.is_empty() && seen.error.is_none(), "{seen:?}");

    let report = inspect(bytes(&file), None).unwrap();
    assert_eq!(
        (report.format, report.framing, report.venue),
        ("recording", "recording", Venue::Recorded)
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["by_type"], serde_json::json!({"Quote": 1040, "Trade": 260}));
    assert_eq!((&json["messages"], &json["clock"]), (&1_300.into(), &"capture".into()));
    let notes = report.notes.join("\n");
    for word in ["ring morning (nasdaq-itch50)", "from its record 40 on", "its feed ended the run"]
    {
        assert!(notes.contains(word), "{notes}");
    }
}

#[test]
fn what_a_recording_says_of_itself_is_known_before_it_is_played() {
    let (file, _) = recording(&rows(3), &[3], true);
    let opened = stream::open(bytes(&file), None, Sessions::default()).unwrap();
    assert_eq!((opened.epoch, opened.streams), (Epoch::Midnight, STREAMS));
    let other = stream::open(bytes(&file), Some(Venue::IexTops), Sessions::default());
    assert!(matches!(other, Err(Error::OtherVenue { found: "recorded", .. })));
}

/// Packed files come in chunks, so that blocks lie across them.
#[test]
fn a_packed_recording_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(200_000);
    let (file, _) = recording(&rows, &vec![500; 400], true);
    let mut packed = zstd::Encoder::new(Vec::new(), 1).unwrap();
    packed.write_all(&file).unwrap();
    let path = folder.path().join("packed");
    std::fs::write(&path, packed.finish().unwrap()).unwrap();
    let seen = see(Input::open(&path).unwrap()).unwrap();
    assert!(seen.rows.iter().map(|(_, row)| row).eq(&rows));
    // And mapped, and once more from its beginning.
    std::fs::write(&path, &file).unwrap();
    let opened = stream::open(Input::open(&path).unwrap(), None, Sessions::default()).unwrap();
    let AnyStream::Recording(mut stream) = opened.stream else { panic!("it is no recording") };
    for _ in 0..2 {
        let (mut counts, mut records) = (Counts::default(), 0);
        loop {
            match stream.next(&mut counts).unwrap() {
                Event::Message { .. } => records += 1,
                Event::End => break,
                _ => {}
            }
        }
        assert_eq!((records, counts.bytes), (200_000, file.len() as u64 - 256));
        stream.restart().unwrap();
    }
}

#[test]
fn instruments_are_known_before_their_first_record() {
    let listed = |name: &str, long: &str| {
        (name.parse::<Symbol>().unwrap(), Listing::new(Name::of(long)).with_quantity_decimals(5))
    };
    let early = [listed("S0", "A LONG NAME OF S0"), listed("S1", "ANOTHER LONG NAME")];
    let late = listed("S2", "ONE THAT COMES LATER");
    let rows = rows(4);
    let (mut file, mut encoder) = (header().to_vec(), Encoder::default());
    encoder.list(&early, &mut file);
    rows[..2].iter().for_each(|row| assert!(!encoder.push(row)));
    encoder.flush(&mut file);
    encoder.list(&[late], &mut file);
    rows[2..].iter().for_each(|row| assert!(!encoder.push(row)));
    encoder.flush(&mut file);
    let opened = stream::open(bytes(&file), None, Sessions::default()).unwrap();
    let AnyStream::Recording(stream) = opened.stream else { panic!("it is no recording") };
    assert_eq!(stream.listings(), early);
    let seen = see(bytes(&file)).unwrap();
    assert_eq!((seen.rows.len(), seen.others.len()), (4, 1));
    let report = serde_json::to_value(inspect(bytes(&file), None).unwrap()).unwrap();
    assert_eq!(report["by_type"]["Instrument"], 1);
}

/// A recorder that is killed at any byte of its last block.
#[test]
fn the_last_block_may_be_cut_anywhere() {
    let rows = rows(30);
    let (file, starts) = recording(&rows, &[10, 10, 10], false);
    for length in starts[2]..file.len() {
        let seen = see(bytes(&file[..length])).unwrap();
        assert!(seen.rows.iter().map(|(_, row)| row).eq(&rows[..20]), "{length}");
        assert!(seen.error.is_none() && seen.gaps.is_empty());
        assert_eq!(seen.counts.truncated, length > starts[2]);
        let notes = seen.notes.join("\n");
        assert!(notes.contains("has no end: its recorder was killed"), "{notes}");
        if length >= starts[2] + 32 {
            let whole = file.len() - starts[2];
            let lost = format!("the last block of {whole} bytes is incomplete");
            assert!(notes.contains(&lost) && notes.contains("its 10 records are lost"), "{notes}");
        } else if length > starts[2] {
            assert!(notes.contains("the last block is incomplete"), "{notes}");
        }
    }
    for length in 8..Header::SIZE {
        let Err(error) = see(bytes(&file[..length])) else { panic!("{length}") };
        let cut = RecordingError::CutShort(length);
        assert!(matches!(&error, Error::Recording { source, .. } if *source == cut), "{error}");
    }
}

#[test]
fn a_damaged_block_is_a_gap_and_at_the_end_an_error() {
    let rows = rows(40);
    let (file, starts) = recording(&rows, &[10, 10, 10, 10], true);
    let mut damaged = file.clone();
    damaged[starts[1] + 40] ^= 4;
    let seen = see(bytes(&damaged)).unwrap();
    let found: Vec<_> = seen.rows.iter().map(|(_, row)| *row).collect();
    assert_eq!(found, [&rows[..10], &rows[20..]].concat());
    assert_eq!(seen.gaps, [Gap { first: 11, count: 10 }]);
    assert_eq!((seen.counts.gaps, seen.counts.gap_messages), (1, 10));
    let error = seen.error.unwrap().to_string();
    let at = format!("block 1 at byte {} is damaged", starts[1]);
    for word in ["a recording is damaged", &at, "10 records from record 10 on are lost"] {
        assert!(error.contains(word), "{error}");
    }
    assert!(seen.notes.iter().any(|note| note.contains(&at)), "{:?}", seen.notes);
    // Two places, one of them the head of a block.
    damaged[starts[3]] ^= 1;
    let seen = see(bytes(&damaged)).unwrap();
    assert_eq!(seen.gaps[1], Gap { first: 31, count: 10 });
    let error = seen.error.unwrap().to_string();
    assert!(error.contains("2 such places, 20 records in all"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens to a file: each record that is read is one that was written, under its
    /// number, and between them the gaps say exactly what is not there.
    #[test]
    fn no_damage_makes_another_record(
        blocks in prop::collection::vec(1usize..30, 1..8),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let rows = rows(blocks.iter().sum::<usize>() as u64);
        let (mut file, _) = recording(&rows, &blocks, true);
        for (at, bit) in flips {
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        // What happened to the header is an error, or the file is not one any more.
        let Ok(seen) = see(bytes(&file)) else { return Ok(()) };
        let mut next = 0;
        let mut gaps = seen.gaps.iter().peekable();
        for (number, row) in &seen.rows {
            while let Some(gap) = gaps.next_if(|gap| gap.first - 1 == next) {
                next += gap.count;
            }
            prop_assert_eq!((*number, row), (next, &rows[next as usize]));
            next += 1;
        }
        let told: u64 = gaps.map(|gap| gap.count).sum();
        prop_assert!(next + told <= rows.len() as u64);
        let missing = next + told < rows.len() as u64;
        prop_assert!(!missing || seen.counts.truncated || seen.notes.iter().any(|n| n.contains("no end")));
    }
}
