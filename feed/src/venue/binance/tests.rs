//! Frames of Binance's documentation, and what may come between them.

use std::path::Path;

use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::Side;

use super::*;
use crate::scenario::InstrumentConfig;

fn decoder() -> Binance {
    Binance::new(&Setting::of(Path::new("frames")))
}

/// Everything that a frame says, one thing a word: levels as side, price and quantity.
fn said(decoder: &mut Binance, frame: &str) -> String {
    let decoded = match decoder.decode(frame.as_bytes()) {
        Ok(decoded) => decoded,
        Err(refused) => return format!("{refused:?}"),
    };
    let mut words = vec![Binance::type_name(decoded.kind)];
    let mut event = Some(decoded.event);
    while let Some(it) = event {
        words.push(word(&it));
        event = decoder.more(frame.as_bytes()).map(|(_, event)| event);
    }
    words.join(" ")
}

fn word(event: &MarketEvent) -> String {
    match *event {
        MarketEvent::Directory(listing) => {
            format!("[{} /{}]", listing.name(), listing.quantity_decimals().unwrap())
        }
        MarketEvent::Level { side, price, quantity, flags, complete } => {
            assert!(!complete);
            let side = if side == Side::Bid { 'b' } else { 'a' };
            let flags =
                if flags == Flags::default() { String::new() } else { format!("{flags:?}") };
            format!("{side}{price}:{quantity}{flags}")
        }
        MarketEvent::Quote { bid, ask } => {
            let side =
                |best: super::super::market::Best| format!("{}:{}", best.price, best.quantity);
            format!("{}|{}", side(bid), side(ask))
        }
        MarketEvent::Trade { match_id, side, price, quantity, flags, symbol } => {
            assert_eq!((flags, symbol.name().as_str()), (Flags::default(), ""));
            format!("#{match_id} {side:?} {price}:{quantity}")
        }
        MarketEvent::Missing(gap) => {
            gap.map_or("missing".to_owned(), |gap| format!("missing:{}+{}", gap.first, gap.count))
        }
        MarketEvent::EventEnd => ".".to_owned(),
        MarketEvent::ClearBook => "clear".to_owned(),
        MarketEvent::Other => "-".to_owned(),
        ref other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(decoder: &mut Binance, frame: &str, expected: &str) {
    assert_eq!(said(decoder, frame), expected, "{frame}");
}

const TRADE: &str = r#"{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.00100000",
    "q":"100.00000000","T":1672515782136,"m":true,"M":true}"#;

const AGGREGATE: &str = r#"{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001",
    "q":"100","f":100,"l":105,"T":1672515782136,"m":false,"M":true}"#;

const TICKER: &str = r#"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000",
    "a":"25.36520000","A":"40.66000000"}"#;

fn update(first: u64, last: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":{first},"u":{last},"b":[{bids}],"a":[{asks}]}}"#
    )
}

fn snapshot(last: u64, bids: &str, asks: &str) -> String {
    format!(r#"{{"lastUpdateId":{last},"bids":[{bids}],"asks":[{asks}]}}"#)
}

#[test]
fn quotes_and_trades() {
    let mut it = decoder();
    check(&mut it, TICKER, "bookTicker [BNBUSDT /5] 25.3519:3121000|25.3652:4066000");
    check(&mut it, AGGREGATE, "aggTrade [BNBBTC /5] #12345 Ask 0.001:10000000");
    check(&mut it, TRADE, "trade #12345 Bid 0.001:10000000");
    // From here on it says nothing new.
    check(&mut it, AGGREGATE, "aggTrade -");
    let wrapped = |data: &str| format!(r#"{{"stream":"bnbbtc@trade","data":{data}}}"#);
    check(&mut it, &wrapped(TRADE), "trade #12345 Bid 0.001:10000000");
    // Members in another order, new ones, numbers that are not in strings, futures.
    let other = r#"{"A":3,"a":2.5,"B":1e-3,"b":"2","x":[{"b":1}],"s":"BNBUSDT","e":"bookTicker",
        "u":7,"E":1672515782137,"T":1}"#;
    check(&mut it, other, "bookTicker 2.00:100|2.50:300000");
    assert_eq!(it.time, 1_672_515_782_137_000_000);
    let empty = r#"{"u":1,"s":"BNBUSDT","b":"0.00","B":"0.00","a":"1","A":"1"}"#;
    check(&mut it, empty, "bookTicker 0.00:0|1.00:100000");
}

#[test]
fn the_scenario_says_what_a_quantity_counts() {
    let listing = Listing::new(Name::of("BNBUSDT")).with_quantity_decimals(2);
    let said = [InstrumentConfig { listing, alias: None }];
    let mut it = Binance::new(&Setting { path: Path::new("frames"), instruments: &said });
    check(&mut it, TICKER, "bookTicker [BNBUSDT /2] 25.3519:3121|25.3652:4066");
    check(&mut it, TRADE, "trade [BNBBTC /5] #12345 Bid 0.001:10000000");
}

#[test]
fn times_are_those_of_the_venue() {
    let mut it = decoder();
    assert_eq!(it.decode(TICKER.as_bytes()).unwrap().timestamp, 0, "nobody said one");
    let decoded = it.decode(TRADE.as_bytes()).unwrap();
    assert_eq!(decoded.timestamp, 1_672_515_782_136_000_000);
    let ticker = it.decode(TICKER.as_bytes()).unwrap();
    assert_eq!(ticker.timestamp, decoded.timestamp);
    let micros = TRADE.replace("\"E\":1672515782136", "\"E\":1672515782136789");
    assert_eq!(it.decode(micros.as_bytes()).unwrap().timestamp, 1_672_515_782_136_789_000);
    for wrong in ["\"E\":-1", "\"E\":1.5", "\"E\":\"1672515782136\"", "\"E\":99999999999999999999"]
    {
        let frame = TRADE.replace("\"E\":1672515782136", wrong);
        check(&mut it, &frame, "Damaged");
    }
}

#[test]
fn changes_follow_each_other() {
    let mut it = decoder();
    let first = update(157, 160, r#"["0.0024","10"]"#, r#"["0.0026","100"],["0.0027","0.000001"]"#);
    let levels = "b0.0024:1000000 a0.0026:10000000 a0.0027:1INEXACT .";
    check(&mut it, &first, &format!("depthUpdate [BNBBTC /5] missing {levels}"));
    check(&mut it, &first, "depthUpdate -");
    check(&mut it, &update(161, 161, "", ""), "depthUpdate .");
    check(&mut it, &update(161, 162, r#"["1","0"]"#, ""), "depthUpdate b1.00:0 .");
    check(&mut it, &update(166, 170, "", ""), "depthUpdate missing:163+3 .");
    check(&mut it, &update(171, 171, "", ""), "depthUpdate .");
    check(&mut it, &update(10, 12, "", ""), "depthUpdate -");
    // Futures say which update came before, which is none of the next number.
    let futures = |before: u64, last: u64| {
        let frame = update(last - 2, last, "", "").replace("BNBBTC", "BTCUSDT");
        frame.replace("\"b\"", &format!("\"pu\":{before},\"b\""))
    };
    check(&mut it, &futures(149, 160), "depthUpdate [BTCUSDT /5] missing .");
    check(&mut it, &futures(160, 190), "depthUpdate .");
    check(&mut it, &futures(195, 200), "depthUpdate missing:191+5 .");
}

/// The rules of "How to manage a local order book correctly".
#[test]
fn a_snapshot_is_followed_by_what_was_newer() {
    let mut it = decoder();
    let bid = |price: u32| format!(r#"["{price}","1"]"#);
    check(&mut it, &update(11, 12, &bid(1), ""), "depthUpdate [BNBBTC /5] missing b1.00:100000 .");
    check(&mut it, &update(13, 15, &bid(2), ""), "depthUpdate b2.00:100000 .");
    check(&mut it, &update(16, 18, &bid(3), ""), "depthUpdate b3.00:100000 .");
    // Older than the first change: the updates between are missing.
    check(&mut it, &snapshot(9, &bid(9), ""), "snapshot -");
    // The change of 13 to 15 straddles it.
    let whole = "clear b8.00:100000FROM_SNAPSHOT b2.00:100000 b3.00:100000 .";
    check(&mut it, &snapshot(14, &bid(8), ""), &format!("snapshot {whole}"));
    check(&mut it, &update(19, 19, &bid(4), ""), "depthUpdate b4.00:100000 .");
    // The book knows more than an older one, and takes a newer one.
    check(&mut it, &snapshot(14, &bid(8), ""), "snapshot -");
    check(&mut it, &snapshot(25, &bid(7), ""), "snapshot clear b7.00:100000FROM_SNAPSHOT .");
    check(&mut it, &update(20, 24, &bid(5), ""), "depthUpdate -");
    check(&mut it, &update(24, 26, &bid(5), ""), "depthUpdate b5.00:100000 .");
    // A gap: only a snapshot of behind it repairs the book.
    check(&mut it, &update(30, 31, "", &bid(6)), "depthUpdate missing:27+3 a6.00:100000 .");
    check(&mut it, &snapshot(28, &bid(8), ""), "snapshot -");
    let repaired = "snapshot clear b8.00:100000FROM_SNAPSHOT a6.00:100000 .";
    check(&mut it, &snapshot(29, &bid(8), ""), repaired);
}

#[test]
fn a_snapshot_finds_its_instrument() {
    let mut it = decoder();
    let other = |frame: String| frame.replace("BNBBTC", "ETHBTC");
    let bid = r#"["1","1"]"#;
    // Nobody's yet: it waits until a change straddles it.
    check(&mut it, &snapshot(50, bid, ""), "snapshot -");
    check(&mut it, &update(10, 12, "", ""), "depthUpdate [BNBBTC /5] missing .");
    let whole = "clear b1.00:100000FROM_SNAPSHOT . a1.00:100000 .";
    let found = format!("depthUpdate [ETHBTC /5] {whole}");
    check(&mut it, &other(update(49, 51, "", bid)), &found);
    // Of two, the one whose updates it lies among.
    let clear = "snapshot clear b1.00:100000FROM_SNAPSHOT .";
    check(&mut it, &snapshot(11, bid, ""), clear);
    check(&mut it, &other(update(60, 60, "", "")), "depthUpdate missing:52+8 .");
    check(&mut it, &snapshot(70, bid, ""), "snapshot -");
    let named = snapshot(70, bid, "").replace("{\"last", "{\"s\":\"ETHBTC\",\"last");
    check(&mut it, &named, clear);
}

#[test]
fn partial_books_replace_each_other() {
    let mut it = decoder();
    let book = |last: u64, bids: &str, asks: &str| {
        let data = snapshot(last, bids, asks);
        format!(r#"{{"stream":"bnbbtc@depth5@100ms","data":{data}}}"#)
    };
    let one = book(7, r#"["2","1"],["1","1"]"#, r#"["3","1"]"#);
    let shown = "b2.00:100000FROM_SNAPSHOT b1.00:100000FROM_SNAPSHOT a3.00:100000FROM_SNAPSHOT .";
    check(&mut it, &one, &format!("depth [BNBBTC /5] {shown}"));
    let two = book(8, r#"["1","2"]"#, r#"["3","1"]"#);
    let shown = "b2.00:0 b1.00:200000FROM_SNAPSHOT a3.00:100000FROM_SNAPSHOT .";
    check(&mut it, &two, &format!("depth {shown}"));
    check(&mut it, &one, "depth -");
    // Once changes come they say all of it.
    check(&mut it, &update(9, 9, "", ""), "depthUpdate missing .");
    check(&mut it, &book(10, "", ""), "depth -");
}

#[test]
fn what_is_no_news_and_what_is_nothing() {
    let mut it = decoder();
    check(&mut it, r#"{"result":null,"id":1}"#, "reply -");
    check(&mut it, r#"{"error":{"code":2,"msg":"Invalid request"}}"#, "reply -");
    check(&mut it, r#"{"e":"kline","E":1,"s":"BNBBTC","k":{"t":1}}"#, "other -");
    check(&mut it, r#"{"e":"somethingNew","E":1,"s":"BNBBTC"}"#, "Unknown(0)");
    check(&mut it, r#"{"hello":1}"#, "Unknown(0)");
    check(&mut it, "", "Empty");
    check(&mut it, "[]", "Damaged");
    // Nothing of a wrong message is followed, whatever is right in it.
    for wrong in [
        update(5, 4, "", ""),
        update(5, 6, r#"["1","1"],["x","1"]"#, ""),
        update(5, 6, r#"["1","-1"]"#, ""),
        update(5, 6, r#"["1"]"#, ""),
        update(5, 6, r#"["0.0000000001","1"]"#, ""),
        update(0, 6, "", ""),
        update(5, 6, "", "").replace("\"s\":\"BNBBTC\",", ""),
        update(5, 6, "", "").replace("\"a\":[]", "\"z\":[]"),
        update(5, 6, "", "").replace("BNBBTC", ""),
        update(5, 6, "", "").replace("BNBBTC", "BNB\\u0042TC"),
        update(5, 6, "", "").replace("\"u\":6", "\"u\":6,\"u\":7"),
        TRADE.replace("\"t\":12345", "\"t\":-1"),
        TRADE.replace("\"m\":true", "\"m\":1"),
        TRADE.replace("0.00100000", "9223372037"),
        TICKER.replace("31.21000000", ""),
        TICKER.replace('"', "'"),
    ] {
        check(&mut it, &wrong, "Damaged");
    }
    check(&mut it, &update(5, 6, "", ""), "depthUpdate [BNBBTC /5] missing .");
}

#[test]
fn a_cut_frame_is_none() {
    for frame in [TRADE.to_owned(), TICKER.to_owned(), update(1, 2, r#"["1","1"]"#, r#"["2","1"]"#)]
    {
        for end in 1..frame.len() {
            let refused = decoder().decode(&frame.as_bytes()[..end]);
            assert_eq!(refused, Err(Refused::Damaged), "{}", &frame[..end]);
        }
        assert!(decoder().decode(frame.as_bytes()).is_ok());
        // The start is enough to know whose it is, from the member on that no other venue has.
        assert!(Binance::claims(frame.as_bytes()));
    }
    assert!(Binance::claims(&snapshot(7, r#"["1","1"],["2""#, "").as_bytes()[..40]));
    assert!(!Binance::claims(br#"{"type":"ticker","product_id":"BTC-USD"}"#));
    assert!(!Binance::claims(b"{"));
}

proptest::proptest! {
    /// Some bytes of frames changed: no panic, and no end of what is said.
    #[test]
    fn damaged_frames(
        changes in proptest::collection::vec((0usize..4, 0usize..400, 0u8..=255), 0..30),
    ) {
        let frames = [
            TRADE.to_owned(),
            TICKER.to_owned(),
            update(1, 2, r#"["1","1"],["1.5","1"]"#, r#"["2","1"]"#),
            snapshot(2, r#"["1","1"]"#, r#"["2","1"]"#),
        ];
        let mut it = decoder();
        for (frame, at, byte) in changes {
            let mut bytes = frames[frame].clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            if it.decode(&bytes).is_ok() {
                let more = std::iter::from_fn(|| it.more(&bytes)).take(100).count();
                proptest::prop_assert!(more < 100);
            }
        }
    }
}
