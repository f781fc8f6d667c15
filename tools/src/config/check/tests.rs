use std::fs;

use tickline_shared::scenario::{Cores, Scenario as Checked, Unread};
use tickline_strategy::scenario::StrategyConfig;

use super::*;
use crate::config::keys::KEYS;

fn config(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(file)
}

/// The scenarios that come with the project, on a machine with two cores.
#[track_caller]
fn parse(text: &str, folder: &Path) -> Scenario {
    let cores = Cores { online: [0, 1].into(), allowed: [0, 1].into(), isolated: [].into() };
    let scenario = Scenario::parse(text, "shipped", folder, &cores);
    scenario.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_scenarios_that_come_with_the_project_are_right() {
    let demo = parse(&fs::read_to_string(config("demo.toml")).unwrap(), Path::new("."));
    assert!(demo.warnings.is_empty(), "{:?}", demo.warnings);

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("day.itch.gz"), "").unwrap();
    let replay = parse(&fs::read_to_string(config("replay-nasdaq.toml")).unwrap(), folder.path());
    assert!(replay.warnings.is_empty(), "{:?}", replay.warnings);

    for (scenario, capture) in [
        ("replay-binance.toml", "btcusdt.gz"),
        ("replay-coinbase.toml", "coinbase.txt.gz"),
        ("replay-cme.toml", "channel-340.pcap.gz"),
        ("replay-dbn.toml", "mbo.dbn.zst"),
        ("replay-iex.toml", "tops.pcap.gz"),
        ("replay-lobster.toml", "AAPL_2012-06-21_34200000_57600000_message_50.csv"),
    ] {
        fs::write(folder.path().join(capture), "").unwrap();
        let replay = parse(&fs::read_to_string(config(scenario)).unwrap(), folder.path());
        assert!(replay.warnings.is_empty(), "{:?}", replay.warnings);
    }

    let all = fs::read_dir(config("")).unwrap().map(|file| file.unwrap().file_name());
    let mut files: Vec<_> = all.filter(|file| file.to_string_lossy().ends_with(".toml")).collect();
    files.sort();
    assert_eq!(files, SHIPPED, "check each scenario above");
}

/// Every scenario in config/.
const SHIPPED: [&str; 8] = [
    "demo.toml",
    "replay-binance.toml",
    "replay-cme.toml",
    "replay-coinbase.toml",
    "replay-dbn.toml",
    "replay-iex.toml",
    "replay-lobster.toml",
    "replay-nasdaq.toml",
];

#[test]
fn each_key_of_the_shipped_scenarios_has_a_comment() {
    for file in SHIPPED {
        let text = fs::read_to_string(config(file)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2) {
            let commented = pair[0].starts_with('#') || !pair[1].contains(" = ");
            assert!(commented || pair[1].starts_with('#'), "{file}: {}", pair[1]);
        }
    }
}

#[test]
fn reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    let check = |text: &str, expected: &str| {
        fs::write(&file, text).unwrap();
        let report = report(&file, &scenario::load(&file, &[]));
        let report = report.replace(&folder.path().display().to_string(), "DIR");
        assert_eq!(report, expected, "\n{report}");
    };
    let feed = "name = \"a\"\nfeed = { source = { generate = {} } }\n";
    check(
        feed,
        "error: DIR/a.toml: expected at least one [[strategy]], found none; \
         `tickline config explain strategy` shows how one is written\n",
    );
    let strategy = "[[strategy]]\nname = \"b\"\nrun = \"null\"\n";
    check(&format!("{feed}{strategy}"), "DIR/a.toml: ok\n");
    check(
        &format!("{feed}{strategy}core = 99999\n").replace("generate = {}", "capture = [\"c\"]"),
        "\
error: DIR/a.toml:2:32: no such capture
   2 | feed = { source = { capture = [\"c\"] } }
     |                                ^^^
  expected: a file at DIR/c
  found:    No such file or directory (os error 2)
  help:     a relative path starts at the scenario's folder
",
    );
}

#[test]
fn json_rows_hold_what_the_text_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, "name = 7\n").unwrap();
    let row = row(&file, &scenario::load(&file, &[]));
    assert_eq!(row["ok"], false);
    let error = &row["errors"][0];
    assert_eq!((&error["line"], &error["column"]), (&json!(1), &json!(8)));
    assert_eq!(error["found"], "integer `7`");
}

#[test]
fn a_changed_text_names_the_change() {
    let file = config("demo.toml");
    let sets = ["ring.slots=1000".parse().unwrap()];
    let error = scenario::load(&file, &sets).unwrap_err().to_string();
    let expected = "demo.toml (with --set ring.slots=1000):14:9: `ring.slots` is no size of a ring";
    assert!(error.contains(expected), "{error}");
}

/// The keys that the parser of a table takes: it lists them when it meets one that it does not.
fn accepted(table: &str) -> Vec<String> {
    let wrong = "there_is_no_such_key = 1";
    let text = match table {
        "" => wrong.to_owned(),
        "strategy" => format!("name = \"a\"\nfeed = 1\n[[strategy]]\n{wrong}"),
        "strategy.wait" => {
            format!("name = \"a\"\nfeed = 1\n[[strategy]]\n[strategy.wait]\n{wrong}")
        }
        "strategy.spikes" => {
            format!("name = \"a\"\nfeed = 1\n[[strategy]]\n[strategy.spikes]\n{wrong}")
        }
        "strategy.breakdown" => {
            format!("name = \"a\"\nfeed = 1\n[[strategy]]\n[strategy.breakdown]\n{wrong}")
        }
        "feed.instrument" => format!("name = \"a\"\n[[{table}]]\n{wrong}"),
        _ => format!("name = \"a\"\n[{table}]\n{wrong}"),
    };
    let parsed = if table.starts_with("strategy") {
        let (folder, cores) = (Path::new("."), Cores::default());
        Checked::<Unread, StrategyConfig>::parse(&text, "a", folder, &cores).map(|_| ())
    } else {
        scenario::parse(&text, "a", Path::new(".")).map(|_| ())
    };
    let Err(ScenarioError::Wrong(error)) = parsed else { panic!("{table}: accepted") };
    assert!(error.what.starts_with("unknown key"), "{table}: {error}");
    let expected = error.expected.unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_key_is_explained_and_every_explained_key_exists() {
    let tables = [
        "",
        "ring",
        "feed",
        "feed.instrument",
        "feed.source",
        "feed.source.generate",
        "feed.source.faults",
        "strategy",
        "strategy.wait",
        "strategy.spikes",
        "strategy.breakdown",
    ];
    let mut accepted: Vec<String> = tables
        .iter()
        .flat_map(|table| {
            let dot = if table.is_empty() { "" } else { "." };
            accepted(table).into_iter().map(move |key| format!("{table}{dot}{key}"))
        })
        .collect();
    accepted.sort();
    let mut explained: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    explained.sort_unstable();
    assert_eq!(explained, accepted);
}

/// The defaults that are documented are those that hold.
#[test]
fn documented_defaults_hold() {
    let implied = "name = \"a\"\nfeed = { source = { generate = {} } }\n\
                   strategy = [{ name = \"b\", run = \"null\" }]\n";
    let typed: Vec<Set> = KEYS
        .iter()
        .filter_map(|key| {
            let default =
                key.default.filter(|default| default.parse::<toml_edit::Value>().is_ok())?;
            let path = key.path.replace("strategy.", "strategy.b.");
            Some(format!("{path}={default}").parse().unwrap())
        })
        .collect();
    assert!(typed.len() >= 12, "{typed:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.toml");
    fs::write(&file, implied).unwrap();
    assert_eq!(scenario::load(&file, &typed).unwrap(), scenario::load(&file, &[]).unwrap());
}
