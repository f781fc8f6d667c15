use super::*;
use crate::venue::nasdaq_itch50::{KINDS, length, timestamp};

/// Sends a whole day and checks what must hold for every day.
fn check_day(parameters: Parameters) -> Summary {
    let mut day = Day::new(&parameters).unwrap();
    let (mut last_ns, mut count, mut bytes) = (0, 0, 0);
    while let Some(message) = day.next_message() {
        assert_eq!(length(message[0]), Some(message.len()));
        let now_ns = timestamp(message).unwrap();
        assert!(now_ns >= last_ns, "message {count} of {parameters:?}");
        (last_ns, count, bytes) = (now_ns, count + 1, bytes + 2 + message.len() as u64);
    }
    assert!(day.next_message().is_none());
    let summary = day.summary();
    assert_eq!((count, summary.messages), (parameters.messages, count), "{parameters:?}");
    assert_eq!(summary.by_type.values().sum::<u64>(), count);
    assert_eq!(summary.bytes, bytes);
    assert_eq!(day.market.book.live_orders(), 0, "{parameters:?}");
    let peak = summary.live_orders_peak;
    assert!(peak <= parameters.live_orders, "{peak} in {parameters:?}");
    summary
}

#[test]
fn days_of_every_size_are_whole() {
    for messages in (109..400).chain([1_000, 5_000]) {
        for seed in 0..3 {
            let symbols = (messages / 100).min(1 + seed) as u16;
            check_day(Parameters { seed, symbols, ..Parameters::of(messages) });
        }
    }
    let crowded = Parameters { live_orders: 1_200, ..Parameters::of(10_000) };
    assert!(check_day(crowded).live_orders_peak > 1_150);
    let crowded = Parameters { live_orders: 400, ..Parameters::of(200_000) };
    check_day(Parameters { symbols: u16::MAX, ..crowded });
    check_day(Parameters { span: Duration::ZERO, ..Parameters::of(10_000) });
    check_day(Parameters { span: DAY, seed: u64::MAX, ..Parameters::of(10_000) });
}

#[test]
fn ten_thousand_messages_hold_every_type() {
    for seed in 0..50 {
        let summary = check_day(Parameters { seed, ..Parameters::of(10_000) });
        for &kind in KINDS {
            assert!(summary.by_type.contains_key(&(kind as char)), "seed {seed}: {}", kind as char);
        }
    }
}

#[test]
fn the_mix_is_that_of_a_real_day() {
    let messages = 1_000_000;
    let summary = check_day(Parameters { symbols: 100, ..Parameters::of(messages) });
    let check = |kind: char, real: u64| {
        let expected = real as f64 * messages as f64 / 268_744_780.0;
        let found = summary.by_type[&kind] as f64;
        let tolerance = (0.002 * expected).max(2.0);
        assert!((found - expected).abs() < tolerance, "{kind}: {found}, expected {expected}");
    };
    check('A', 117_145_568);
    check('D', 114_360_997);
    check('U', 21_639_067);
    check('E', 5_722_824);
    check('I', 4_024_315);
    check('X', 2_787_676);
    check('F', 1_485_888);
    check('P', 1_218_602);
    check('L', 215_161);
    check('C', 99_917);
    check('Q', 17_836);
    assert_eq!(summary.by_type[&'S'], 6);
    assert_eq!(summary.by_type[&'R'], 100);
    assert_eq!(summary.live_orders_peak, 7_159);
}

/// FNV-1a, 64 bits: the day's bytes as one number.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A change of this number changes every day that anybody has generated: say so in the release
/// notes.
#[test]
fn a_seed_names_a_day_for_ever() {
    let day = |seed| binary_file(&Parameters { seed, ..Parameters::of(20_000) }).unwrap();
    assert_eq!(hash(&day(1)), 0x1420_ac17_1ffc_0589);
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
}

#[test]
fn a_file_is_the_same_in_one_piece_or_many() {
    let parameters = Parameters::of(3_000);
    let mut day = Day::new(&parameters).unwrap();
    let mut pieces = Vec::new();
    while day.write_some(1_000, &mut pieces).unwrap() {}
    assert!(!day.write_some(1_000, &mut pieces).unwrap());
    assert_eq!(pieces, binary_file(&parameters).unwrap());
    assert!(pieces.ends_with(&[0, 0]));
    assert_eq!(pieces.len() as u64, day.summary().bytes + 2);
}

#[test]
fn unfit_parameters_are_refused_with_what_would_fit() {
    let check = |parameters: Parameters, expected: &str| {
        assert_eq!(Day::new(&parameters).unwrap_err().to_string(), expected);
    };
    let fit = Parameters::of(10_000);
    check(
        Parameters { messages: 1_000, symbols: 500, ..fit },
        "1000 messages are too few for 500 symbols: expected at least 1606",
    );
    check(
        Parameters { live_orders: 5_000, ..fit },
        "5000 live orders are out of range: expected 1 to 1211 in 10000 messages",
    );
    check(Parameters { symbols: 0, ..fit }, "a day needs at least one symbol");
    check(
        Parameters { span: Duration::from_secs(57_601), ..fit },
        "a span of 57601s is too long: expected 16 hours at most",
    );
    assert!(Day::new(&Parameters::of(u64::MAX)).is_err());
    assert!(Day::new(&Parameters { symbols: 1, ..Parameters::of(109) }).is_ok());
}
