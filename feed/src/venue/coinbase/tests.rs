//! Frames of Coinbase's documentation, and as they were recorded.

use std::path::Path;

use tickline_shared::msg::Side;

use super::*;

fn decoder() -> Coinbase {
    Coinbase::new(&Setting::of(Path::new("frames")))
}

#[track_caller]
fn check(decoder: &mut Coinbase, frame: &str, expected: &[&str]) {
    let decoded = match decoder.decode(frame.as_bytes()) {
        Ok(decoded) => decoded,
        Err(refused) => {
            assert_eq!(expected, [format!("{refused:?}")], "{frame}");
            return;
        }
    };
    let mut words = vec![Coinbase::type_name(decoded.kind)];
    let mut event = Some(decoded.event);
    while let Some(it) = event {
        words.push(word(&it));
        event = decoder.more(frame.as_bytes()).map(|(_, event)| event);
    }
    assert_eq!(words, expected, "{frame}");
}

fn word(event: &MarketEvent) -> String {
    match *event {
        MarketEvent::Directory(listing) => format!("[{}]", listing.name()),
        MarketEvent::Level { side, price, quantity, flags, .. } => {
            let side = if side == Side::Bid { 'b' } else { 'a' };
            format!("{side}{price}:{quantity} {flags:?}")
        }
        MarketEvent::Trade { match_id, side, price, quantity, flags, .. } => {
            format!("#{match_id} {side:?} {price}:{quantity} {flags:?}")
        }
        ref other => format!("{other:?}"),
    }
}

const MATCH: &str = r#"{"type":"match","trade_id":10,"sequence":50,
    "maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8",
    "taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1",
    "time":"2014-11-07T08:19:27.028459Z","product_id":"BTC-USD","size":"5.23512","price":"400.23",
    "side":"sell"}"#;

const TICKER: &str = r#"{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD",
    "price":"1285.22","best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27",
    "best_ask_size":"1.56637040","side":"buy","time":"2022-10-19T23:28:22.061769Z",
    "trade_id":370843401,"last_size":"11.4396987"}"#;

const SNAPSHOT: &str = r#"{"type":"snapshot","product_id":"BTC-USD",
    "bids":[["10101.10","0.45054140"]],"asks":[["10102.55","0.57753524"]]}"#;

const UPDATE: &str = r#"{"type":"l2update","product_id":"BTC-USD","changes":
    [["buy","22356.270000","0.00000000"],["sell","22356.300000","1.00000000"]],
    "time":"2022-08-04T15:25:05.010758Z"}"#;

#[test]
fn trades() {
    let mut it = decoder();
    check(&mut it, MATCH, &["match", "[BTC-USD]", "#10 Ask 400.23:523512 -"]);
    let decoded = it.decode(MATCH.as_bytes()).unwrap();
    assert_eq!(decoded.timestamp, 1_415_348_367_028_459_000);
    let last = MATCH.replace("\"match\"", "\"last_match\"").replace("sell", "buy");
    check(&mut it, &last, &["last_match", "#10 Bid 400.23:523512 FROM_SNAPSHOT"]);
    let tiny = MATCH.replace("5.23512", "0.00000700");
    check(&mut it, &tiny, &["match", "#10 Ask 400.23:1 INEXACT"]);
    let huge = MATCH.replace("5.23512", "50000");
    check(&mut it, &huge, &["match", "#10 Ask 400.23:4294967295 SATURATED"]);
}

#[test]
fn the_book_says_the_quotes_where_it_comes() {
    let mut it = decoder();
    let frame = TICKER.replace("ETH", "BTC");
    let Ok(Decoded { event: MarketEvent::Directory(_), .. }) = it.decode(frame.as_bytes()) else {
        panic!("no listing first");
    };
    let Some((_, MarketEvent::Quote { bid, ask })) = it.more(frame.as_bytes()) else {
        panic!("no quote");
    };
    assert_eq!((bid.price.0, bid.quantity), (1_285_040_000_000, 46_689));
    assert_eq!((ask.price.0, ask.quantity), (1_285_270_000_000, 156_637));
    assert_eq!((bid.flags, ask.flags), (Flags::INEXACT, Flags::default() | Flags::INEXACT));
    check(
        &mut it,
        SNAPSHOT,
        &[
            "snapshot",
            "ClearBook",
            "b10101.10:45054 FROM_SNAPSHOT|INEXACT",
            "a10102.55:57754 FROM_SNAPSHOT|INEXACT",
            "EventEnd",
        ],
    );
    check(&mut it, UPDATE, &["l2update", "b22356.27:0 -", "a22356.30:100000 -", "EventEnd"]);
    check(&mut it, &frame, &["ticker", "Other"]);
    // Without a snapshot it is not known what else stands there; without sizes there is no quote.
    let other = UPDATE.replace("BTC", "ETH");
    let words = ["l2update", "[ETH-USD]", "Missing(None)", "b22356.27:0 -", "a22356.30:100000 -"];
    check(&mut it, &other, &[&words[..], &["EventEnd"]].concat());
    let old = TICKER.replace("_size\":\"0", "_sise\":\"0").replace("ETH", "LTC");
    check(&mut it, &old, &["ticker", "Other"]);
}

#[test]
fn what_is_no_news_and_what_is_nothing() {
    let mut it = decoder();
    let heartbeat = r#"{"type":"heartbeat","sequence":90,"last_trade_id":20,
        "product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}"#;
    check(&mut it, heartbeat, &["heartbeat", "Other"]);
    check(&mut it, r#"{"type":"subscriptions","channels":[]}"#, &["subscriptions", "Other"]);
    check(&mut it, r#"{"type":"error","message":"no"}"#, &["error", "Other"]);
    check(&mut it, r#"{"type":"open","product_id":"BTC-USD"}"#, &["other", "Other"]);
    check(&mut it, r#"{"type":"other"}"#, &["Unknown(0)"]);
    check(&mut it, r#"{"type":"brand_new"}"#, &["Unknown(0)"]);
    check(&mut it, "{}", &["Unknown(0)"]);
    check(&mut it, "", &["Empty"]);
    for wrong in [
        MATCH.replace("sell", "hold"),
        MATCH.replace("2014-11-07T", "2014-11-07 "),
        MATCH.replace("\"product_id\":\"BTC-USD\",", ""),
        MATCH.replace("400.23", "1e30"),
        UPDATE.replace("[\"buy\",", "["),
        SNAPSHOT.replace("asks", "offers"),
        TICKER.replace("1285.04", "none"),
        heartbeat.replace('}', ""),
    ] {
        check(&mut it, &wrong, &["Damaged"]);
    }
}

#[test]
fn a_cut_frame_is_none() {
    for frame in [MATCH, TICKER, SNAPSHOT, UPDATE] {
        for end in 1..frame.len() {
            let refused = decoder().decode(&frame.as_bytes()[..end]);
            assert_eq!(refused, Err(Refused::Damaged), "{}", &frame[..end]);
        }
        assert!(Coinbase::claims(frame.as_bytes()));
    }
    assert!(Coinbase::claims(&SNAPSHOT.as_bytes()[..60]));
    assert!(Coinbase::claims(br#"{"type":"subscriptions","channels":[]}"#));
    assert!(!Coinbase::claims(br#"{"e":"trade","E":1,"s":"BTCUSDT"}"#));
}
