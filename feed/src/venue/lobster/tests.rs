//! Rows as LOBSTER documents them, and others.

use super::*;

fn decode(path: &str, line: &str) -> Result<Decoded<Symbol>, Refused> {
    Lobster::new(&Setting::of(Path::new(path))).decode(line.as_bytes())
}

#[track_caller]
fn check(line: &str, expected: MarketEvent) {
    let decoded = decode("AAPL_2012-06-21_message_10.csv", line).unwrap();
    assert_eq!(decoded.event, expected, "{line}");
    assert_eq!(decoded.timestamp, 34_200_004_241_176, "{line}");
    assert_eq!((decoded.instrument, decoded.longer), (aapl(), line.matches(',').count() > 5));
    assert_eq!(char::from(decoded.kind), line.split(',').nth(1).unwrap().parse().unwrap());
}

fn aapl() -> Symbol {
    "AAPL".parse().unwrap()
}

#[test]
fn every_type() {
    let (price, symbol) = (Price(585_330_000_000), aapl());
    let (flags, match_id) = (Flags::default(), 0);
    let (id, quantity) = (16_113_575, 18);
    let row = |rest: &str| format!("34200.004241176,{rest}");
    let add = |side| MarketEvent::Add { id, side, price, quantity, symbol };
    check(&row("1,16113575,18,5853300,1"), add(Side::Bid));
    check(&row("1,16113575,18,5853300,-1"), add(Side::Ask));
    check(&row("1, 16113575 ,18,5853300,1,null"), add(Side::Bid));
    check(&row("2,16113575,18,5853300,1"), MarketEvent::Reduce { id, quantity });
    check(&row("3,16113575,18,5853300,1"), MarketEvent::Delete { id });
    check(
        &row("4,16113575,18,5853300,1"),
        MarketEvent::Execute { id, quantity, match_id, price: None, flags },
    );
    let trade = |side| MarketEvent::Trade { match_id, side, price, quantity: 18, flags, symbol };
    check(&row("5,0,18,5853300,-1"), trade(Side::Ask));
    check(&row("6,-1,18,5853300,-1"), trade(Side::None));
    for (at, code) in [("-1", b'H'), ("0", b'Q'), ("1", b'T')] {
        let status = Status { topic: Topic::Trading, code, reason: [0; 4] };
        let row = row(&format!("7,0,0,{at},-1"));
        check(&row, MarketEvent::Status { status, symbol });
    }
}

#[test]
fn rows_that_are_none() {
    let check = |line: &str, expected| assert_eq!(decode("x.csv", line), Err(expected), "{line}");
    check("", Refused::Empty);
    check("34200.1,8,1,1,1,1", Refused::Unknown(b'8'));
    check("34200.1,x,1,1,1,1", Refused::Unknown(b'x'));
    check("34200.1,1,1,1,1", Refused::Short(b'1'));
    for line in [
        "34200.1,11,1,1,1,1",
        "34200.1",
        "-1,1,1,1,1,1",
        "x,1,1,1,1,1",
        "34200.1,1,-1,1,1,1",
        "34200.1,1,1,-1,1,1",
        "34200.1,1,1,4294967296,1,1",
        "34200.1,1,1,1,92233720368547758,1",
        "34200.1,1,1,1,1.5,1",
        "34200.1,1,1,1,1,0",
        "34200.1,7,0,0,2,-1",
        "34200.1,1,18446744073709551616,1,1,1",
    ] {
        check(line, Refused::Damaged);
    }
    let whole = "34200.004241176,1,16113575,18,5853300,1";
    let last = whole.rfind(',').unwrap();
    for end in 1..=last {
        assert!(decode("x.csv", &whole[..end]).is_err(), "{}", &whole[..end]);
    }
}

#[test]
fn the_symbol_is_in_the_name_of_the_file() {
    let check = |path: &str, expected: &str| {
        let row = "34200.1,1,1,1,1,1";
        assert_eq!(decode(path, row).unwrap().instrument.name(), expected, "{path}");
    };
    check("/data/AAPL_2012-06-21_34200000_57600000_message_50.csv.gz", "AAPL");
    check("BRK.B_2012-06-21_message_1.csv", "BRK.B");
    check("msft.csv.zst", "msft");
    check("messages", "messages");
    check("_x.csv", "_x");
    check("a table of events", "atab~107");
    check("/", "");
}

#[test]
fn tables_of_levels_are_known() {
    for (line, expected) in [
        ("34200.1,1,1,1,1,1", Some(Table::Messages)),
        ("5859400,200,5853300,18", Some(Table::OrderBook)),
        ("5859400,200,5853300,18,9999999999,0,-9999999999,0\r\n", Some(Table::OrderBook)),
        ("5859400,200,5853300", None),
        ("time,type,id,size,price,direction", None),
        ("1,2,3,x", None),
        ("", None),
    ] {
        assert_eq!(table(line.trim().as_bytes()), expected, "{line}");
    }
}

proptest::proptest! {
    #[test]
    fn no_rows_panic(line in "[0-9.,-]{0,60}") {
        let _ = decode("x.csv", &line);
        let _ = table(line.as_bytes());
    }
}
