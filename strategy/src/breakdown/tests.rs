use hdrhistogram::serialization::interval_log::Tag;
use proptest::prelude::*;
use zerocopy::FromZeros;

use super::*;

fn symbol(bytes: &[u8]) -> Symbol {
    let mut symbol = Symbol::NONE;
    symbol.0[..bytes.len()].copy_from_slice(bytes);
    symbol
}

fn of(kind: Kind, symbol: Symbol) -> Msg {
    Msg { kind, symbol, ..Msg::new_zeroed() }
}

/// Splits these records, each of which took as many ns as its place from 1.
fn split(config: &BreakdownConfig, records: &[Msg]) -> Rows {
    let mut split = Split::new(config);
    let mut rows = split.rows();
    for (ns, msg) in (1..).zip(records) {
        let (row, stage) = split.row(msg).unwrap();
        assert_eq!(stage, config.stage());
        rows.record(row, ns);
    }
    split.name(&mut rows);
    rows
}

fn counts(rows: &Rows) -> Vec<(String, u64)> {
    rows.tagged().map(|(tag, histogram)| (tag, histogram.len())).collect()
}

#[test]
fn every_kind_has_its_row() {
    let records: Vec<Msg> = (0..=255).map(|byte| of(Kind(byte), Symbol::NONE)).collect();
    let rows = split(&BreakdownConfig::new(By::Kind), &records);
    let counts = counts(&rows);
    let named = (0..=255).filter_map(|byte| Kind(byte).name()).count() as u64;
    assert_eq!(counts[0], ("total:kind=other".to_owned(), 256 - named));
    assert_eq!(counts.len() as u64, 1 + named);
    for byte in 0..=255 {
        let Some(name) = Kind(byte).name() else { continue };
        assert!(counts.contains(&(format!("total:kind={name}"), 1)), "{name}: {counts:?}");
    }
    assert_eq!(rows.summary().unwrap().rows["Quote"].max, u64::from(Kind::Quote.0) + 1);
}

#[test]
fn symbols_beyond_the_last_row_are_one() {
    let config = BreakdownConfig { stage: Some(Stage::Hop), ..BreakdownConfig::new(By::Symbol) };
    let many = |count: u64| (1..=count).map(|word| of(Kind::Add, Symbol(word.to_be_bytes())));
    let twice: Vec<Msg> = many(1000).chain(many(1000)).collect();
    let rows = split(&config, &twice);
    let counts = counts(&rows);
    assert_eq!(counts.len(), SYMBOLS_MAX + 1);
    assert_eq!(counts[0], ("hop:symbol=other".to_owned(), 2 * (1000 - SYMBOLS_MAX as u64)));
    assert!(counts[1..].iter().all(|(_, count)| *count == 2), "{counts:?}");
}

#[test]
fn symbols_that_are_asked_for_have_rows_whenever_they_come() {
    let [a, b, c] = ["A", "B", "C"].map(|name| name.parse::<Symbol>().unwrap());
    let config = BreakdownConfig { symbols: vec![b, a, b], ..BreakdownConfig::new(By::Symbol) };
    let records = [c, Symbol::NONE, a, c].map(|symbol| of(Kind::Add, symbol));
    let expected = [("total:symbol=other", 2), ("total:symbol=-", 1), ("total:symbol=A", 1)];
    let expected = expected.map(|(tag, count)| (tag.to_owned(), count));
    assert_eq!(counts(&split(&config, &records)), expected);
}

#[test]
fn rows_add_up_whenever_their_symbol_came() {
    let mut split = Split::new(&BreakdownConfig::new(By::Symbol));
    let (mut interval, mut sum) = (split.rows(), Rows::default());
    for (symbols, ns) in [(["A", "B"], 5), (["C", "A"], 70)] {
        for symbol in symbols {
            let (row, _) = split.row(&of(Kind::Add, symbol.parse().unwrap())).unwrap();
            interval.record(row, ns);
        }
        split.name(&mut interval);
        sum.add(&interval);
        interval.reset();
    }
    assert_eq!(interval.tagged().count(), 0);
    let BreakdownSummary { by, stage, rows } = sum.summary().unwrap();
    assert_eq!((by.as_str(), stage.as_str(), rows.len()), ("symbol", "total", 3));
    let figures = |row: &str| (rows[row].count, rows[row].min, rows[row].max);
    assert_eq!([figures("A"), figures("B"), figures("C")], [(2, 5, 70), (1, 5, 5), (1, 70, 70)]);
    assert!(Rows::default().summary().is_none());
}

#[test]
fn names_of_rows() {
    let check = |bytes: &[u8], row: &str| assert_eq!(tag::row_name(&symbol(bytes)), row);
    check(b"BRK.A", "BRK.A");
    check(b"ABC=", "ABC=");
    check(b"A,B C\nD", "A%2CB%20C%0AD");
    check(b"a:%\x00\xff", "a%3A%25%00%FF");
    check(b"other", "%6Fther");
    check(b"-", "%2D");
    check(b"-A", "-A");
}

#[test]
fn tags_that_are_no_rows() {
    let part = tag::part("hop:symbol=ABC=").unwrap();
    assert_eq!((part.stage, part.by, part.row), (Stage::Hop, By::Symbol, "ABC="));
    for other in ["", "total", "total:kind", "total:side=Bid", "wait:kind=Add", "kind=Add"] {
        assert_eq!(tag::part(other), None, "{other}");
    }
}

/// Bytes that names of rows treat differently, and few, so that equal symbols come up too.
fn hostile() -> impl proptest::strategy::Strategy<Value = [u8; 8]> {
    const BYTES: &[u8] = b"\0\0\0\0A-%2C,: \n=\xff";
    proptest::array::uniform8(proptest::sample::select(BYTES))
}

proptest! {
    /// Whatever a capture calls its symbols, tags are valid, come apart again, and differ.
    #[test]
    fn hostile_symbols(a in hostile(), b in hostile()) {
        let rows = [a, b].map(|bytes| tag::row_name(&Symbol(bytes)));
        for row in &rows {
            let tag = tag::tag(Stage::Total, By::Symbol, row);
            prop_assert!(Tag::new(&tag).is_some() && tag.is_ascii(), "{}", tag);
            prop_assert_eq!(tag::part(&tag).map(|part| part.row), Some(row.as_str()));
            prop_assert!(row != OTHER && row != NO_SYMBOL);
        }
        prop_assert_eq!(rows[0] == rows[1], a == b);
    }
}
