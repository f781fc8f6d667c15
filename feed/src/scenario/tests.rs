use std::path::Path;

use tickline_shared::instruments::Listing;
use tickline_shared::scenario::{Cores, Scenario, ScenarioError, Unread};

use super::*;

fn parse(feed: &str, folder: &Path) -> Result<FeedConfig, ScenarioError> {
    let cores = Cores { online: [0, 1].into(), allowed: [0, 1].into(), isolated: [].into() };
    let text = format!("name = \"day\"\n[feed]\n{feed}\n");
    let scenario = Scenario::<FeedConfig, Unread>::parse(&text, "day.toml", folder, &cores);
    scenario.map(|scenario| scenario.feed)
}

/// The first line of the message, and what was expected, found and advised.
#[track_caller]
fn check(feed: &str, expected: &str) {
    let error = parse(feed, Path::new("/nowhere")).expect_err("a mistake").to_string();
    let plain = |line: &&str| !line.contains(" | ");
    let shown: Vec<_> = error.lines().filter(plain).map(str::trim).collect();
    assert_eq!(shown.join("\n"), expected, "\n{error}");
}

const SOURCE: &str = "source = { generate = {} }";

#[test]
fn defaults() {
    let feed = parse(SOURCE, Path::new(".")).unwrap();
    assert_eq!(feed, FeedConfig::new(SourceConfig::Generate(Generate::of(2_000_000))));
    assert_eq!((feed.speed, feed.loops, feed.live_orders), (Speed::Max, 1, 2_000_000));
    assert_eq!(feed.publish.to_string(), "quotes,trades");
    // A short day keeps the proportions of a long one.
    let short = parse("source = { generate = { messages = 100_000 } }", Path::new(".")).unwrap();
    let SourceConfig::Generate(day) = short.source else { panic!("{short:?}") };
    assert_eq!((day.messages, day.symbols), (100_000, 1_000));
}

#[test]
fn every_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.itch"), "").unwrap();
    let text = r#"
core = 1
priority = "fifo:50"
lock_memory = true
restart = "on-failure"
venue = "nasdaq-itch50"
publish = ["orders"]
symbols = ["AAPL", "SPY 500 INDEX"]
live_orders = 4096
metrics = "127.0.0.1:9464"
[feed.source]
capture = ["a.itch"]
speed = "20x"
loop = 3
faults = { drop = 0.33, duplicate = 0.01, reorder = 0.01, seed = 7, line = "224.0.31.64:14340" }
lines = [["224.0.31.64:14340", "10.0.0.9:1"]]

[[feed.instrument]]
symbol = "SPY 500 INDEX"
alias = "SPY500"
price_decimals = 2
lot = 10

[[feed.instrument]]
symbol = "AAPL"
lot = 1
"#;
    let index = Listing::new(Name::of("SPY 500 INDEX"));
    let expected = FeedConfig {
        core: Some(1),
        priority: Priority::Fifo(50),
        lock_memory: true,
        restart: Restart::OnFailure,
        venue: VenueChoice::Named(Venue::NasdaqItch50),
        publish: Publish { orders: true, levels: false, quotes: false, trades: false },
        symbols: vec![Name::of("AAPL"), Name::of("SPY 500 INDEX")],
        instruments: vec![
            InstrumentConfig { listing: Listing::new(Name::of("AAPL")).with_lot(1), alias: None },
            InstrumentConfig {
                listing: index.with_price_decimals(2).with_lot(10),
                alias: Some("SPY500".parse().unwrap()),
            },
        ],
        live_orders: 4096,
        source: SourceConfig::Capture { files: vec![folder.path().join("a.itch")] },
        speed: Speed::Times(20.0),
        loops: 3,
        faults: Some(Damage {
            drop: 0.33,
            duplicate: 0.01,
            reorder: 0.01,
            seed: 7,
            line: Some(LineId::new([224, 0, 31, 64].into(), 14_340)),
        }),
        lines: vec![vec![
            LineId::new([224, 0, 31, 64].into(), 14_340),
            LineId::new([10, 0, 0, 9].into(), 1),
        ]],
        metrics: Some(([127, 0, 0, 1], 9464).into()),
    };
    assert_eq!(parse(text, folder.path()).unwrap(), expected);
}

#[test]
fn an_address_for_metrics() {
    check(
        &format!("metrics = \":9464\"\n{SOURCE}"),
        "day.toml:3:11: `feed.metrics` is no address to serve at\n\
         expected: an address and a port, as in \"127.0.0.1:9464\" or \"[::1]:9464\"\n\
         found:    `:9464`\n\
         help:     \"127.0.0.1:9464\" is seen on this host alone, \"0.0.0.0:9464\" from other \
         hosts as well",
    );
}

#[test]
fn what_is_done_to_lines() {
    const FILE: &str = "/dev/null";
    let faults = |faults: &str| format!("source = {{ capture = [\"{FILE}\"], {faults} }}");
    let at = FILE.len() + 28;
    check(
        &faults("faults = { drop = 1.5 }"),
        &format!(
            "day.toml:3:{}: `feed.source.faults.drop` is out of range\n\
             expected: a share of the datagrams, 0 to 1\nfound:    1.5",
            at + 18
        ),
    );
    let shares = "expected: `drop`, `duplicate` and `reorder` that are 1 together at most, and not \
                  all 0";
    check(
        &faults("faults = { drop = 0.75, reorder = 0.5 }"),
        &format!(
            "day.toml:3:{}: the shares of datagrams are more than all\n{shares}\nfound:    1.25",
            at + 9
        ),
    );
    check(
        &faults("faults = { seed = 4 }"),
        &format!(
            "day.toml:3:{}: these faults do nothing\n{shares}\n\
             help:     leave `faults` out to play the data as it is",
            at + 9
        ),
    );
    check(
        &faults("faults = { drop = 0.5, line = \"A\" }"),
        &format!(
            "day.toml:3:{}: `feed.source.faults.line` names no line\n\
             expected: an IPv4 address and a port, as in \"224.0.31.64:14340\"\nfound:    `A`\n\
             help:     `tickline inspect FILE` shows the lines of a capture",
            at + 30
        ),
    );
    check(
        &faults("lines = [[\"1.2.3.4:5\"]]"),
        &format!(
            "day.toml:3:{}: one line is no pair\n\
             expected: the lines of one channel, as in [\"…\", \"…\"]",
            at + 9
        ),
    );
    check(
        &faults("lines = [[\"1.2.3.4:5\", \"1.2.3.4:6\"], [\"1.2.3.4:7\", \"1.2.3.4:5\"]]"),
        &format!(
            "day.toml:3:{}: this line stands there twice\n\
             expected: each line once\nfound:    `1.2.3.4:5`",
            at + 51
        ),
    );
    check(
        "source = { generate = {}, faults = { drop = 0.5 } }",
        "day.toml:3:36: a generated day has no datagrams and no lines\n\
         expected: `capture` in place of `generate`, or this key left out",
    );
}

#[test]
fn wrong_choices() {
    let venues = Venue::ALL.iter().map(|(_, name)| format!("`{name}`, ")).collect::<String>();
    check(
        &format!("venue = \"nasdaq-itch5\"\n{SOURCE}"),
        &format!(
            "day.toml:3:9: unknown venue\nexpected: {venues}`auto`\nfound:    `nasdaq-itch5`\n\
             help:     did you mean `nasdaq-itch50`?"
        ),
    );
    check(
        &format!("publish = [\"quotes\", \"trade\"]\n{SOURCE}"),
        "day.toml:3:22: unknown stream\n\
         expected: `orders`, `levels`, `quotes` or `trades`\n\
         found:    `trade`\nhelp:     did you mean `trades`?",
    );
    check(
        &format!("publish = []\n{SOURCE}"),
        "day.toml:3:11: nothing would be published\n\
         expected: at least one of `orders`, `levels`, `quotes` and `trades`",
    );
    check(
        &format!("venue = \"iex-deep\"\npublish = [\"quotes\", \"orders\"]\n{SOURCE}"),
        "day.toml:4:22: iex-deep sends price levels, and no orders\n\
         expected: some of `levels`, `quotes` and `trades`",
    );
    check(
        &format!("venue = \"nasdaq-itch50\"\npublish = [\"levels\"]\n{SOURCE}"),
        "day.toml:4:12: nasdaq-itch50 sends orders, and no price levels\n\
         expected: some of `orders`, `quotes` and `trades`\n\
         help:     publish `orders`: a strategy's MsgBook makes levels of them",
    );
    check(
        &format!("symbols = [\"SPY\", \" \"]\n{SOURCE}"),
        "day.toml:3:19: ` ` is no name of an instrument: expected what the venue calls it",
    );
    check(
        &format!("live_orders = 1\n{SOURCE}"),
        "day.toml:3:15: `feed.live_orders` is out of range\nexpected: 1024 to 268435456\nfound:    1",
    );
}

#[test]
fn wrong_instruments() {
    let check_one = |keys: &str, expected: &str| {
        check(&format!("{SOURCE}\n[[feed.instrument]]\n{keys}"), expected);
    };
    check_one(
        "symbol = \"\"\nlot = 1",
        "day.toml:5:10: `` is no name of an instrument: expected what the venue calls it",
    );
    check_one(
        "symbol = \"SPY\"",
        "day.toml:5:10: nothing is said of `SPY`\nexpected: one of `alias`, `price_decimals`, \
         `quantity_decimals` and `lot` at least",
    );
    check_one(
        "symbol = \"SPY\"\nalias = \"SPX\"",
        "day.toml:6:9: records have room for all of `SPY`\nhelp:     leave `alias` out",
    );
    check_one(
        "symbol = \"1000SATSUSDT\"\nalias = \"1000 SATS\"",
        "day.toml:6:9: `1000 SATS` is no symbol: expected 1 to 8 printable ASCII characters \
         without spaces",
    );
    check_one(
        "symbol = \"SPY\"\nprice_decimals = 10",
        "day.toml:6:18: `feed.instrument.price_decimals` is out of range\nexpected: 0 to 9\n\
         found:    10",
    );
    check_one(
        "symbol = \"SPY\"\nlot = 0",
        "day.toml:6:7: `feed.instrument.lot` is out of range\nexpected: 1 to 4294967295\n\
         found:    0",
    );
    check_one(
        "symbol = \"SPY\"\nlots = 1",
        "day.toml:6:1: unknown key `lots`\nexpected: one of `symbol`, `alias`, `price_decimals`, \
         `quantity_decimals`, `lot`\nhelp:     did you mean `lot`?",
    );
    check_one(
        "symbol = \"SPY\"\nlot = 1\n[[feed.instrument]]\nsymbol = \"SPY  \"\nlot = 1",
        "day.toml:8:10: `SPY` is described twice\nhelp:     put both into one [[feed.instrument]]",
    );
    let two = |alias: &str, other: &str| {
        format!(
            "symbol = \"1000SATSUSDT\"\nalias = \"{alias}\"\n[[feed.instrument]]\n\
             symbol = \"{other}\"\nalias = \"SATS\""
        )
    };
    check_one(
        &two("SATS", "1000SATSUSDC"),
        "day.toml:6:9: `SATS` is how records call `1000SATSUSDC`\nhelp:     choose another alias",
    );
    check_one(
        &two("SATS", "SATS")
            .replace("symbol = \"SATS\"\nalias = \"SATS\"", "symbol = \"SATS\"\nlot = 1"),
        "day.toml:6:9: `SATS` is how records call `SATS`\nhelp:     choose another alias",
    );
    check(
        &format!(
            "venue = \"iex-tops\"\n{SOURCE}\n[[feed.instrument]]\nsymbol = \"SPY\"\n\
             quantity_decimals = 2"
        ),
        "day.toml:7:21: iex-tops says itself what its quantities count\n\
         help:     leave `quantity_decimals` out",
    );
}

#[test]
fn wrong_care() {
    check(
        &format!("lock_memory = \"yes\"\n{SOURCE}"),
        "day.toml:3:15: a value of the wrong type\nexpected: true or false\n\
         found:    string \"yes\"",
    );
    check(
        &format!("priority = \"fifo:99\"\n{SOURCE}"),
        "day.toml:3:12: unknown priority\nexpected: `normal`, or `fifo:1` to `fifo:98`\n\
         found:    `fifo:99`\nhelp:     99 is that of kernel threads that must not wait",
    );
}

#[test]
fn wrong_sources() {
    check(
        "source = {}",
        "day.toml:3:10: the source names no data\n\
         expected: `capture = [\"day.itch.gz\"]` or `generate = { messages = 2_000_000 }`",
    );
    check(
        "source = { capture = [], generate = {} }",
        "day.toml:3:37: two sources at once\nexpected: either `capture` or `generate`",
    );
    check(
        "source = { capture = [] }",
        "day.toml:3:22: the list of captures is empty\nexpected: at least one file",
    );
    check(
        "source = { capture = [\"a.itch\", \"b.itch\"] }",
        "day.toml:3:23: no such capture\nexpected: a file at /nowhere/a.itch\n\
         found:    No such file or directory (os error 2)\n\
         help:     a relative path starts at the scenario's folder",
    );
    check(
        "source = { capture = [\"/\"] }",
        "day.toml:3:23: no such capture\nexpected: a file at /\nfound:    a directory\n\
         help:     a relative path starts at the scenario's folder",
    );
    check(
        "source = { capture = \"a.itch\" }",
        "day.toml:3:22: a value of the wrong type\nexpected: a list [ … ]\n\
         found:    string \"a.itch\"",
    );
    check(
        "source = { multicast = {} }",
        "day.toml:3:12: unknown key `multicast`\n\
         expected: one of `capture`, `generate`, `speed`, `loop`, `faults`, `lines`",
    );
    check(
        "core = 0",
        "day.toml:2:1: the key `source` is missing\n\
                       help:     `tickline config explain source` says what it is",
    );
}

#[test]
fn wrong_paces() {
    check(
        "source = { generate = {}, speed = \"fast\" }",
        "day.toml:3:35: `fast` is no speed: expected `max`, a multiple of the capture's pace such \
         as `1x`, `20x` or `0.5x`, or messages per second such as `rate=1M` or `rate=250k`",
    );
    check(
        "source = { generate = {}, loop = 0 }",
        "day.toml:3:34: `feed.source.loop` is out of range\nexpected: 1 to 1000000\nfound:    0",
    );
    check(
        "source = { generate = { symbols = 70000 } }",
        "day.toml:3:35: `feed.source.generate.symbols` is out of range\nexpected: 1 to 65535\n\
         found:    70000",
    );
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in ".*", value in "[ -~]*") {
        for feed in [&text, &format!("source = {{ {value} }}"), &format!("{SOURCE}\n{value}")] {
            let _ = parse(feed, Path::new(".")).map_err(|error| error.to_string());
        }
    }
}
