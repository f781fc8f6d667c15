//! pcap and pcapng in all their forms, BinaryFILE, and payloads end to end.

use tickline_feed::counts::Malformed;
use tickline_feed::inspect::inspect;
use tickline_feed::source::{Error, Input};

use crate::wire::{
    MICROSECONDS, NANOSECONDS, Order, Pcapng, Seen, binary_file, cut_record, delete, frame, line_a,
    mold, numbered, pcap_header, pcap_record, play, play_bytes, references, report, times,
};

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

/// 2023-11-14 22:13:20 UTC.
const SECONDS: u32 = 1_700_000_000;
const NS: u64 = 1_000_000_000;

#[test]
fn pcap_in_both_orders_and_resolutions() {
    for order in ORDERS {
        for (magic, unit) in [(MICROSECONDS, 1_000), (NANOSECONDS, 1)] {
            let mut file = pcap_header(order, magic, 1);
            file.extend(pcap_record(order, SECONDS, 123_456, &frame(1, &numbered(1, 2))));
            file.extend(pcap_record(order, SECONDS + 1, 0, &frame(1, &numbered(3, 1))));
            let (seen, counts) = play_bytes(&file);
            assert_eq!(references(&seen), [1, 2, 3], "{order:?} {magic:x}");
            let first = u64::from(SECONDS) * NS + 123_456 * unit;
            let second = u64::from(SECONDS + 1) * NS;
            assert_eq!(times(&seen), [Some(first), Some(first), Some(second)]);
            assert_eq!((counts.first_ts, counts.last_ts), (Some(first), Some(second)));
            assert_eq!((counts.packets, counts.truncated), (2, false));
        }
    }
}

#[test]
fn pcap_of_kuznetzov() {
    let mut file = pcap_header(Order::Little, 0xa1b2_cd34, 1);
    let frame = frame(1, &numbered(1, 1));
    let record = pcap_record(Order::Little, 5, 6, &frame);
    file.extend([&record[..16], &[0; 8], &frame].concat());
    let (seen, _) = play_bytes(&file);
    assert_eq!(times(&seen), [Some(5 * NS + 6_000)]);
}

#[test]
fn pcap_cut_off_anywhere() {
    let whole = line_a(&[numbered(1, 1), numbered(2, 1)]);
    let second = whole.len() - 16 - frame(1, &numbered(2, 1)).len();
    for length in second..whole.len() {
        let (seen, counts) = play_bytes(&whole[..length]);
        assert_eq!(references(&seen), [1], "{length}");
        assert_eq!(counts.truncated, length != second, "{length}");
    }
    // Less than the file's header.
    let opened = inspect(Input::from_bytes("cut", whole[..20].to_vec()), None);
    assert!(matches!(opened, Err(Error::Container { .. })), "{opened:?}");
    // The header alone.
    let (seen, counts) = play_bytes(&whole[..24]);
    assert_eq!((seen.len(), counts.packets, counts.truncated), (0, 0, false));
}

#[test]
fn a_pcap_record_of_impossible_length_ends_the_run_with_an_error() {
    let mut file = line_a(&[numbered(1, 1)]);
    let offset = file.len() as u64;
    let mut record = pcap_record(Order::Little, 1, 0, &[]);
    record[8..12].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
    file.extend(record);
    let (seen, counts, error) = play(Input::from_bytes("test", file));
    assert_eq!((references(&seen), counts.messages), (vec![1], 1));
    match error {
        Some(Error::Container { offset: at, .. }) => assert_eq!(at, offset),
        other => panic!("{other:?}"),
    }
}

#[test]
fn packets_that_were_cut_when_captured_give_their_whole_messages() {
    let full = frame(1, &numbered(1, 3));
    let mut file = pcap_header(Order::Little, NANOSECONDS, 1);
    let cut = &full[..full.len() - 5];
    file.extend(cut_record(Order::Little, 1, 0, cut, full.len() as u32));
    file.extend(pcap_record(Order::Little, 2, 0, &frame(1, &numbered(4, 1))));
    let (seen, counts) = play_bytes(&file);
    assert_eq!(references(&seen), [1, 2, 4]);
    assert_eq!((counts.cut_packets, counts.gap_messages, counts.truncated), (1, 1, false));
    assert_eq!(counts.malformed.iter().sum::<u64>(), 0);
    // The same frame with a record that says it is all there.
    let file = [line_a(&[]), pcap_record(Order::Little, 1, 0, cut)].concat();
    let counts = play_bytes(&file).1;
    assert_eq!((counts.packets, counts.skipped.iter().sum::<u64>()), (0, 1));
}

#[test]
fn other_traffic_is_skipped_by_reason() {
    let arp = [&[0xff; 12], &[8, 6][..], &[0; 28]].concat();
    let mut tcp = frame(1, &numbered(2, 1));
    tcp[14 + 9] = 6;
    let frames = [frame(1, &numbered(1, 1)), arp, tcp, frame(1, &numbered(2, 1))];
    let (seen, counts) = play_bytes(&crate::wire::pcap(&frames));
    assert_eq!(references(&seen), [1, 2]);
    let json = serde_json::to_value(&counts).unwrap();
    assert_eq!(json["skipped"], serde_json::json!({"not_ip": 1, "not_udp": 1}));
}

#[test]
fn pcapng_in_both_orders_with_every_kind_of_block() {
    for order in ORDERS {
        let ng = Pcapng(order);
        let nanoseconds = [(9, vec![9])];
        let data = |sequence| frame(1, &numbered(sequence, 1));
        let size = |sequence| data(sequence).len() as u32;
        let file = [
            ng.section(),
            ng.interface(1, 0, &[]),
            ng.interface(1, 200, &nanoseconds),
            ng.block(4, b"names, to be passed over"),
            ng.enhanced(0, u64::from(SECONDS) * 1_000_000, &data(1), size(1)),
            ng.enhanced(1, u64::from(SECONDS) * NS + 7, &data(2), size(2)),
            ng.block(5, &[0; 40]),
            ng.simple(&data(3), size(3)),
            ng.obsolete(1, u64::from(SECONDS) * NS + 9, &data(4)),
            ng.block(0x8000_0bad, &vec![1; 600_000]),
            ng.enhanced(1, 5, &data(5), size(5)),
        ]
        .concat();
        let (seen, counts) = play_bytes(&file);
        let base = u64::from(SECONDS) * NS;
        assert_eq!(references(&seen), [1, 2, 3, 4, 5], "{order:?}");
        let expected = [Some(base), Some(base + 7), None, Some(base + 9), Some(5)];
        assert_eq!(times(&seen), expected);
        assert_eq!((counts.packets, counts.truncated), (5, false));
        assert_eq!(report(&file).format, "pcapng");
    }
}

#[test]
fn pcapng_clocks() {
    let check = |order: Order, options: &[(u16, Vec<u8>)], ticks: u64, ns: u64| {
        let ng = Pcapng(order);
        let data = frame(1, &numbered(1, 1));
        let packet = ng.enhanced(0, ticks, &data, data.len() as u32);
        let (seen, _) = play_bytes(&[ng.section(), ng.interface(1, 0, options), packet].concat());
        assert_eq!(times(&seen), [Some(ns)], "{order:?} {options:?}");
    };
    for order in ORDERS {
        let resolution = |code: u8| vec![(9, vec![code])];
        check(order, &resolution(0), 3, 3 * NS);
        check(order, &resolution(3), 3, 3_000_000);
        check(order, &resolution(6), 3, 3_000);
        check(order, &resolution(9), 3, 3);
        check(order, &resolution(12), 3_999, 3);
        check(order, &resolution(60), u64::MAX, 0);
        check(order, &resolution(0x80), 3, 3 * NS);
        check(order, &resolution(0x80 | 1), 3, 3 * NS / 2);
        check(order, &resolution(0x80 | 30), 1 << 30, NS);
        check(order, &resolution(0x80 | 127), u64::MAX, 0);
        // Saturates instead of wrapping.
        check(order, &resolution(0), u64::MAX, u64::MAX);
        check(order, &[(14, order.i64(10).to_vec())], 5, 10 * NS + 5_000);
        check(order, &[(14, order.i64(-10).to_vec())], 11_000_000, NS);
        check(order, &[(14, order.i64(i64::MIN).to_vec())], 5, 0);
        let both = [(2, b"eth0".to_vec()), (9, vec![9]), (14, order.i64(1).to_vec())];
        check(order, &both, 5, NS + 5);
    }
}

#[test]
fn pcapng_sections_of_different_order_with_interfaces_of_their_own() {
    let data = |sequence| frame(1, &numbered(sequence, 1));
    let mut file = Vec::new();
    for (order, resolution, sequence) in [(Order::Big, 9, 1), (Order::Little, 3, 2)] {
        let ng = Pcapng(order);
        file.extend(ng.section());
        file.extend(ng.interface(1, 0, &[(9, vec![resolution])]));
        file.extend(ng.enhanced(0, 4, &data(sequence), data(sequence).len() as u32));
    }
    let (seen, counts) = play_bytes(&file);
    assert_eq!(times(&seen), [Some(4), Some(4_000_000)]);
    assert_eq!((counts.sessions, counts.gaps), (1, 0));
}

#[test]
fn pcapng_packets_that_contradict_themselves_are_malformed() {
    let ng = Pcapng(Order::Little);
    let data = frame(1, &numbered(1, 1));
    let size = data.len() as u32;
    let mut too_long = ng.enhanced(0, 1, &data, size);
    too_long[20..24].copy_from_slice(&5_000u32.to_le_bytes());
    let file = [
        ng.section(),
        ng.enhanced(0, 1, &data, size),
        ng.interface(1, 0, &[]),
        too_long,
        ng.enhanced(1, 1, &data, size),
        ng.block(6, &[0; 8]),
        ng.enhanced(0, 1, &data, size),
    ]
    .concat();
    let (seen, counts) = play_bytes(&file);
    assert_eq!(references(&seen), [1]);
    assert_eq!(counts.malformed[Malformed::Record as usize], 4);
}

#[test]
fn pcapng_snaplen_cuts_simple_packets() {
    let ng = Pcapng(Order::Little);
    let data = frame(1, &numbered(1, 3));
    let kept = data.len() as u32 - 3;
    let packet = ng.simple(&data[..kept as usize], data.len() as u32);
    let file = [ng.section(), ng.interface(1, kept, &[]), packet].concat();
    let (seen, counts) = play_bytes(&file);
    assert_eq!((references(&seen), counts.cut_packets), (vec![1, 2], 1));
}

#[test]
fn pcapng_cut_off_anywhere_or_broken() {
    let ng = Pcapng(Order::Big);
    let data = |sequence| frame(1, &numbered(sequence, 1));
    let start =
        [ng.section(), ng.interface(1, 0, &[]), ng.enhanced(0, 1, &data(1), data(1).len() as u32)]
            .concat();
    let packet = ng.enhanced(0, 2, &data(2), data(2).len() as u32);
    let unknown = ng.block(77, &[0; 64]);
    for last in [packet, unknown] {
        for length in 1..last.len() {
            let (seen, counts) = play_bytes(&[&start, &last[..length]].concat());
            assert_eq!((references(&seen), counts.truncated), (vec![1], true), "{length}");
        }
    }
    let mut broken = ng.block(77, &[0; 8]);
    broken[7] = 6;
    let (seen, _, error) = play(Input::from_bytes("test", [start, broken].concat()));
    assert_eq!(references(&seen), [1]);
    assert!(matches!(error, Some(Error::Container { .. })), "{error:?}");
}

#[test]
fn binary_file_numbers_from_one_and_ends_at_an_empty_message() {
    let messages = [delete(7), delete(8)];
    let (seen, counts) = play_bytes(&binary_file(&messages));
    let message = |sequence, bytes: &[u8]| Seen::Message {
        sequence,
        capture_ts: None,
        bytes: bytes.to_vec(),
    };
    let expected = [Seen::SessionStart, message(1, &messages[0]), message(2, &messages[1])];
    assert_eq!(seen, expected);
    assert_eq!((counts.sessions, counts.packets, counts.bytes), (1, 0, 42));

    let ended = [binary_file(&messages), vec![0, 0]].concat();
    let (seen, counts) = play_bytes(&ended);
    assert_eq!(seen[3..], [Seen::EndOfSession]);
    assert_eq!((counts.ends_of_session, counts.truncated), (1, false));

    // Another session behind it, and zeros that pad the file.
    let (seen, counts) = play_bytes(&[&ended[..], &ended, &[0; 64]].concat());
    assert_eq!(references(&seen), [7, 8, 7, 8]);
    assert_eq!(seen[4..6], [Seen::SessionStart, message(1, &messages[0])]);
    assert_eq!((counts.sessions, counts.ends_of_session), (2, 2));
}

#[test]
fn binary_file_cut_off_anywhere() {
    let whole = binary_file(&[delete(1), delete(2)]);
    for length in 21..whole.len() {
        let (seen, counts) = play_bytes(&whole[..length]);
        assert_eq!((references(&seen), counts.truncated), (vec![1], length != 21), "{length}");
    }
    // Within the first message, and nothing but the mark of an end.
    let (seen, counts) = play_bytes(&whole[..12]);
    assert_eq!((seen.len(), counts.truncated, counts.sessions), (0, true, 0));
    let (seen, counts) = play_bytes(&[0, 0]);
    assert_eq!((seen.len(), counts.truncated, counts.sessions), (0, false, 0));
}

#[test]
fn binary_file_with_prefixes_of_zero() {
    let file: Vec<u8> = (1..=5).flat_map(|n| [vec![0, 0], delete(n)].concat()).collect();
    let report = report(&file);
    assert_eq!((report.counts.messages, report.counts.sessions), (5, 1));
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
    let (seen, counts) = play_bytes(&file[..file.len() - 1]);
    assert_eq!((references(&seen), counts.truncated), (vec![1, 2, 3, 4], true));
}

#[test]
fn payloads_end_to_end() {
    let file = [numbered(1, 3), numbered(4, 2), numbered(9, 1)].concat();
    let report = report(&file);
    let counts = &report.counts;
    assert_eq!((report.format, report.framing), ("moldudp64", "moldudp64"));
    assert_eq!((counts.packets, counts.messages, counts.gap_messages), (3, 6, 3));
    for cut in 1..numbered(9, 1).len() {
        let (seen, counts) = play_bytes(&file[..file.len() - cut]);
        assert_eq!((references(&seen), counts.truncated), (vec![1, 2, 3, 4, 5], true), "{cut}");
    }
}

#[test]
fn a_payload_of_impossible_length_ends_the_run_with_an_error() {
    let huge = mold(4, &vec![vec![b'?'; 60_000]; 2]);
    let file = [numbered(1, 3), huge].concat();
    let (seen, _, error) = play(Input::from_bytes("test", file));
    assert_eq!(references(&seen), [1, 2, 3]);
    assert!(matches!(error, Some(Error::Container { .. })), "{error:?}");
}

#[test]
fn what_is_none_of_them_is_refused_with_its_first_bytes() {
    let check = |bytes: &[u8], found: &str| match inspect(
        Input::from_bytes("test", bytes.to_vec()),
        None,
    ) {
        Err(Error::Undecided { found: shown, looked_for, .. }) => {
            assert_eq!(shown, found);
            assert!(looked_for.contains("pcapng"), "{looked_for}");
        }
        other => panic!("{other:?}"),
    };
    check(b"", "no bytes at all");
    check(b"time,price\n", "74 69 6d 65 2c 70 72 69 63 65 0a");
    check(&[0; 4_096], "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 …");
    let text = "2026-01-02 09:30:00,AAPL,187.15,100\n".repeat(5_000);
    check(text.as_bytes(), "32 30 32 36 2d 30 31 2d 30 32 20 30 39 3a 33 30 …");
    let other = line_a(&[b"\x01\x00\x04\x80 another protocol".to_vec()]);
    match inspect(Input::from_bytes("test", other), None) {
        Err(Error::Undecided { found, .. }) => assert!(found.contains("01 00 04 80"), "{found}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_limit_stops_after_that_many_messages() {
    let file = line_a(&[mold(1, &[delete(1), delete(2), delete(3)])]);
    let report = inspect(Input::from_bytes("test", file), Some(2)).unwrap();
    assert_eq!(report.counts.messages, 2);
}

/// A second opinion: the parsers of pcap-parser find the same frames at the same times.
#[test]
fn pcap_parser_agrees() {
    use pcap_parser::{PcapBlockOwned, PcapNGReader, traits::PcapReaderIterator};
    let ng = Pcapng(Order::Little);
    let data = frame(1, &numbered(1, 2));
    let packet = ng.enhanced(0, 1_700_000_000_123_456, &data, data.len() as u32);
    let file = [ng.section(), ng.interface(1, 0, &[]), packet].concat();
    let mut reader = PcapNGReader::new(65_536, &file[..]).unwrap();
    let mut theirs = Vec::new();
    while let Ok((consumed, block)) = reader.next() {
        if let PcapBlockOwned::NG(pcap_parser::Block::EnhancedPacket(packet)) = block {
            let (seconds, fraction) = packet.decode_ts(0, 1_000_000);
            assert_eq!(&packet.data[..packet.caplen as usize], data);
            theirs.push(Some(u64::from(seconds) * NS + u64::from(fraction) * 1_000));
        }
        reader.consume(consumed);
    }
    let ours = times(&play_bytes(&file).0);
    assert_eq!(ours, [theirs[0], theirs[0]]);
}
