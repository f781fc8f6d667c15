//! Recordings in lines of text: what is a message, whose it is, and what is passed over.

use std::io::Write;

use tickline_feed::counts::{Malformed, Skipped};
use tickline_feed::session::Sessions;
use tickline_feed::source::{Error, Input};
use tickline_feed::stream;
use tickline_feed::venue::Venue;

use crate::wire::{Seen, play, play_bytes, report, times};

const TRADE: &str = r#"{"e":"trade","E":1,"s":"A","t":1,"p":"1","q":"1","m":true}"#;
const MATCH: &str = r#"{"type":"match","trade_id":1,"side":"buy","size":"1","price":"1","product_id":"A","time":"2021-04-17T16:43:30Z"}"#;
const ADD: &str = "34200.5,1,7,18,5853300,1";

/// The messages of a stream, as text.
fn texts(seen: &[Seen]) -> Vec<&str> {
    let bytes = seen.iter().filter_map(|event| match event {
        Seen::Message { bytes, .. } => Some(bytes),
        _ => None,
    });
    bytes.map(|bytes| std::str::from_utf8(bytes).unwrap()).collect()
}

#[test]
fn lines_of_a_recording() {
    let file = format!(
        "wss://feed <-> 1618677816.8\r\n\
         wss://feed <- 1618677817.0: {{\"type\":\"subscribe\"}}\n\
         1618677817.061845: {MATCH}\r\n\
         \n\
         1723161253937085768 {MATCH}\n\
         connection lost\n\
         {MATCH}\n\
         \r\n\
         1723161253937085769 {MATCH}"
    );
    let (seen, counts) = play_bytes(file.as_bytes());
    assert_eq!(seen[0], Seen::SessionStart);
    assert_eq!(texts(&seen), [MATCH; 4]);
    let received = [1_618_677_817_061_845_000, 1_723_161_253_937_085_768];
    let last = Some(1_723_161_253_937_085_769);
    assert_eq!(times(&seen), [Some(received[0]), Some(received[1]), None, last]);
    let numbers = seen.iter().filter_map(|event| match event {
        Seen::Message { sequence, .. } => Some(*sequence),
        _ => None,
    });
    assert!(numbers.eq(1..=4));
    assert_eq!((counts.messages, counts.sessions, counts.truncated), (4, 1, false));
    assert_eq!(counts.skipped[Skipped::NotReceived as usize], 2);
    assert_eq!(counts.malformed[Malformed::Line as usize], 1);
    assert_eq!(counts.malformed.iter().sum::<u64>(), 1);
}

#[test]
fn a_file_is_read_wherever_its_windows_end() {
    let long = format!(r#"{{"type":"error","message":"{}"}}"#, "x".repeat(3 << 20));
    let too_long = format!("{MATCH}{}", " ".repeat(17 << 20));
    let mut text = String::new();
    for number in 0..20_000u64 {
        text += &format!("{} {MATCH}\n", 1_600_000_000_000_000_000 + number);
        if number == 10_000 {
            text += &format!("{long}\n{too_long}\n");
        }
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths = ["plain", "packed"].map(|name| folder.path().join(name));
    std::fs::write(&paths[0], &text).unwrap();
    std::fs::write(&paths[1], packed.finish().unwrap()).unwrap();
    for path in paths {
        let (seen, counts, error) = play(Input::open(&path).unwrap());
        assert!(error.is_none(), "{error:?}");
        let lengths: Vec<_> = texts(&seen).into_iter().map(str::len).collect();
        assert_eq!(lengths.len(), 20_001);
        assert_eq!(lengths[10_001], long.len());
        assert_eq!(lengths.iter().filter(|length| **length == MATCH.len()).count(), 20_000);
        assert_eq!(counts.malformed[Malformed::LongLine as usize], 1);
        assert_eq!(counts.malformed.iter().sum::<u64>(), 1);
        assert_eq!(times(&seen).last(), Some(&Some(1_600_000_000_000_019_999)));
    }
}

#[test]
fn a_stream_is_played_again_from_its_first_line() {
    let file = format!("{ADD}\n{ADD}\n");
    let opened = stream::open(Input::from_bytes("t", file.into_bytes()), None, Sessions::default());
    let stream::AnyStream::Lines(mut lines) = opened.unwrap().stream else { panic!() };
    let mut counts = Default::default();
    let mut read = || {
        let mut events = Vec::new();
        loop {
            match lines.next(&mut counts).unwrap() {
                tickline_feed::framing::Event::End => break,
                event => events.push(format!("{event:?}")),
            }
        }
        lines.restart().unwrap();
        events
    };
    let first = read();
    assert_eq!((first.len(), read()), (3, first.clone()));
}

#[track_caller]
fn check(file: &str, venue: Venue, evidence: &str) {
    let report = report(file.as_bytes());
    assert_eq!((report.venue, report.format, report.framing), (venue, "lines", "lines"));
    assert_eq!(report.evidence, evidence);
}

#[test]
fn a_file_says_whose_it_is() {
    check(&format!("{TRADE}\n"), Venue::Binance, "frames");
    check(&format!("1723161253937085768 {TRADE}"), Venue::Binance, "frames");
    let wrapped = format!(r#"{{"stream":"a@trade","data":{TRADE}}}"#);
    check(&wrapped, Venue::Binance, "frames");
    check(&format!("wss://x <-> 1\n\n\nhello\n{MATCH}\n{MATCH}\n"), Venue::Coinbase, "frames");
    check(&format!("{ADD}\n{ADD}\n"), Venue::Lobster, "rows of LOBSTER's");
    check(ADD, Venue::Lobster, "rows of LOBSTER's");
    // A snapshot longer than what is looked at.
    let levels = vec![r#"["61837.63000000","3.78826000"]"#; 4_000].join(",");
    let snapshot =
        format!(r#"1723161253937085768 {{"lastUpdateId":7,"bids":[{levels}],"asks":[]}}"#);
    check(&format!("{snapshot}\n{TRADE}\n"), Venue::Binance, "frames");
    let snapshot = format!(r#"{{"type":"snapshot","product_id":"A","asks":[],"bids":[{levels}]}}"#);
    check(&format!("{snapshot}\n"), Venue::Coinbase, "frames");
}

#[test]
fn what_is_of_nobody_is_refused() {
    for file in [
        "hello\n",
        "{}\n",
        "{\"topic\":\"trade\"}\n{\"topic\":\"trade\"}\n",
        "wss://x <-> 1\n",
        "\n\n\n",
        "a,b,c,d,e,f\n",
        "1723161253937085768\n",
        &format!("{TRADE}\n{MATCH}\n"),
    ] {
        let input = Input::from_bytes("t", file.as_bytes().to_vec());
        let refused = stream::open(input, None, Sessions::default());
        assert!(matches!(refused, Err(Error::Undecided { .. })), "{file}: {refused:?}");
    }
}

#[test]
fn another_venue_than_the_one_asked_for_is_refused() {
    for (file, found) in [(TRADE, "binance"), (MATCH, "coinbase"), (ADD, "lobster")] {
        for (venue, name) in Venue::ALL {
            let input = Input::from_bytes("t", file.as_bytes().to_vec());
            let opened = stream::open(input, Some(*venue), Sessions::default());
            if *name == found {
                assert_eq!(opened.unwrap().venue, *venue);
                continue;
            }
            let error = opened.unwrap_err().to_string();
            let reason = format!("holds {found}, as its ");
            assert!(error.contains(&reason) && error.contains(name), "{error}");
        }
    }
}

#[test]
fn an_order_book_file_is_refused_with_a_hint() {
    let rows = "5859400,200,5853300,18\n5859400,200,5853300,18\n";
    let input = Input::from_bytes("A_orderbook_1.csv", rows.as_bytes().to_vec());
    let error = stream::open(input, None, Sessions::default()).unwrap_err().to_string();
    assert!(error.contains("name the message file"), "{error}");
}

#[test]
fn damage_is_counted_and_passed_over() {
    let cut = &TRADE[..TRADE.len() - 1];
    let file = format!("{TRADE}\n{cut}\n{{\"e\":\"new\",\"E\":1,\"s\":\"A\"}}\n{TRADE}\n{cut}");
    let report = report(file.as_bytes());
    let counts = &report.counts;
    assert_eq!((counts.messages, counts.unknown_messages), (5, 1));
    assert_eq!(counts.malformed[Malformed::DamagedMessage as usize], 2);
    assert!(report.notes[0].starts_with("message 2 (near byte "), "{:?}", report.notes);
    let longer = format!("{ADD}\n{ADD},more\n");
    assert_eq!(crate::wire::report(longer.as_bytes()).counts.longer, 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

    /// Lines in any order, some of them cut or changed.
    #[test]
    fn no_lines_panic(
        lines in proptest::collection::vec(
            (0usize..3, 0usize..200, 0u8..=255, proptest::bool::ANY), 0..20),
    ) {
        let mut file = Vec::new();
        for (which, at, byte, cut) in lines {
            let mut line = [TRADE, MATCH, ADD][which].as_bytes().to_vec();
            let at = at % line.len();
            line[at] = byte;
            if cut {
                line.truncate(at);
            }
            file.extend(line);
            file.push(b'\n');
        }
        let _ = tickline_feed::inspect::inspect(Input::from_bytes("t", file), None);
    }
}
