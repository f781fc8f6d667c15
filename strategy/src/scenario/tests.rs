use std::fs;
use std::path::Path;

use tickline_shared::latency::Stage;
use tickline_shared::scenario::{Cores, Scenario, ScenarioError, Then, Unread};

use super::*;

fn parse(strategies: &str, folder: &Path) -> Result<Vec<StrategyConfig>, ScenarioError> {
    let cores = Cores { online: [0, 1].into(), allowed: [0, 1].into(), isolated: [].into() };
    let text = format!("name = \"day\"\nfeed = 1\n{strategies}");
    let scenario = Scenario::<Unread, StrategyConfig>::parse(&text, "day.toml", folder, &cores);
    scenario.map(|scenario| scenario.strategies)
}

/// The first line of the message, and what was expected, found and advised.
#[track_caller]
fn check(strategies: &str, folder: &Path, expected: &str) {
    let error = parse(strategies, folder).expect_err("a mistake").to_string();
    let plain = |line: &&str| !line.contains(" | ");
    let shown: Vec<_> = error.lines().filter(plain).map(str::trim).collect();
    let shown = shown.join("\n").replace(&folder.display().to_string(), "DIR");
    assert_eq!(shown, expected, "\n{error}");
}

#[test]
fn every_key() {
    let text = r#"
[[strategy]]
name = "a"
run = "null"

[[strategy]]
name = "b"
core = 1
priority = "fifo:1"
lock_memory = true
restart = "on-failure"
run = "bbo"
reader = "lossy"
wait = { spin = "1ms", then = "yield" }
idle = "shallow"

[[strategy]]
name = "c"
run = "null"
idle = "deep"
"#;
    let strategies = parse(text, Path::new(".")).unwrap();
    assert_eq!(strategies[0], StrategyConfig::new("a", Run::Null));
    let wait = WaitConfig { spin: std::time::Duration::from_millis(1), then: Then::Yield };
    let b = StrategyConfig::new("b", Run::Bbo);
    let (reader, idle) = (ReaderMode::Lossy, IdleStates::Shallow);
    let (priority, restart) = (Priority::Fifo(1), Restart::OnFailure);
    let b = StrategyConfig { core: Some(1), priority, restart, reader, wait, idle, ..b };
    let b = StrategyConfig { lock_memory: true, ..b };
    assert_eq!(strategies[1], b);
    assert_eq!(strategies[2], StrategyConfig::new("c", Run::Null));
}

#[test]
fn programs() {
    let folder = tempfile::tempdir().unwrap();
    let (program, text) = (folder.path().join("mine"), folder.path().join("text"));
    for (path, mode) in [(&program, 0o755), (&text, 0o644)] {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let run = |run: &str| format!("[[strategy]]\nname = \"a\"\nrun = \"{run}\"\n");
    let strategies = parse(&run("./mine"), folder.path()).unwrap();
    assert_eq!(strategies[0].run, Run::Binary(folder.path().join("./mine")));
    assert!(parse(&run(program.to_str().unwrap()), Path::new("/")).is_ok());

    check(
        &run("./text"),
        folder.path(),
        "day.toml:5:7: no such program\nexpected: a program at DIR/./text\n\
         found:    a file that is not executable\nhelp:     chmod +x DIR/./text",
    );
    check(
        &run("./"),
        folder.path(),
        "day.toml:5:7: no such program\nexpected: a program at DIR/./\nfound:    no file\n\
         help:     a relative path starts at the scenario's folder",
    );
    check(
        &run("sub/mine"),
        folder.path(),
        "day.toml:5:7: no such program\nexpected: a program at DIR/sub/mine\n\
         found:    No such file or directory (os error 2)\n\
         help:     a relative path starts at the scenario's folder",
    );
    check(
        &run("bob"),
        folder.path(),
        "day.toml:5:7: unknown strategy\n\
         expected: `null`, `bbo`, or the path of your own program, with a `/` in it\n\
         found:    `bob`\nhelp:     did you mean `bbo`?",
    );
}

#[test]
fn idle_states() {
    check(
        "[[strategy]]\nname = \"a\"\nrun = \"null\"\nidle = \"shalow\"\n",
        Path::new("/nowhere"),
        "day.toml:6:8: unknown depth of idle states\nexpected: `deep` or `shallow`\n\
         found:    `shalow`\nhelp:     did you mean `shallow`?",
    );
}

#[test]
fn spikes() {
    let folder = Path::new("/nowhere");
    let strategy = |spikes: &str| format!("[[strategy]]\nname = \"a\"\nrun = \"null\"\n{spikes}");
    let parsed = |spikes: &str| parse(&strategy(spikes), folder).unwrap()[0].spikes;
    let five = SpikesConfig::new(std::time::Duration::from_micros(5));
    assert_eq!(parsed(""), None);
    assert_eq!(parsed("spikes = \"5us\""), Some(five));
    assert_eq!(parsed("spikes = { over = \"5us\" }"), Some(five));
    let by = SpikesConfig { keep: 3, stage: Some(Stage::Hop), ..five };
    assert_eq!(parsed("spikes = { over = \"5us\", keep = 3, by = \"hop\" }"), Some(by));
    assert_eq!((five.by(), by.by(), five.keep), (Stage::Total, Stage::Hop, 32));

    let wrong = |spikes: &str, expected: &str| check(&strategy(spikes), folder, expected);
    wrong(
        "spikes = \"5\"",
        "day.toml:6:10: `spikes` is no duration\nexpected: a whole number and its unit, as in \
         \"500ns\", \"50us\", \"1ms\" or \"2s\"\nfound:    `5`",
    );
    wrong(
        "spikes = { over = \"5us\", keep = 0 }",
        "day.toml:6:33: `spikes.keep` is out of range\nexpected: 1 to 1024\nfound:    0",
    );
    wrong(
        "spikes = { over = \"5us\", by = \"stratgy\" }",
        "day.toml:6:31: unknown stage\nexpected: `decode`, `hop`, `strategy` or `total`\n\
         found:    `stratgy`\nhelp:     did you mean `strategy`?",
    );
    wrong(
        "spikes = { kep = 3 }",
        "day.toml:6:12: unknown key `kep`\nexpected: one of `over`, `keep`, `by`\n\
         help:     did you mean `keep`?",
    );
    wrong(
        "spikes = {}",
        "day.toml:6:10: the key `over` is missing\n\
         help:     `tickline config explain over` says what it is",
    );
    wrong(
        "spikes = 5",
        "day.toml:6:10: a value of the wrong type\nexpected: a duration such as \"5us\", or a table \
         { over = \"5us\", keep = 32 }\nfound:    integer `5`",
    );
}

#[test]
fn breakdowns() {
    let folder = Path::new("/nowhere");
    let strategy = |key: &str| format!("[[strategy]]\nname = \"a\"\nrun = \"null\"\n{key}");
    let parsed = |key: &str| parse(&strategy(key), folder).unwrap().remove(0).breakdown;
    let kind = BreakdownConfig::new(By::Kind);
    assert_eq!(parsed(""), None);
    assert_eq!(parsed("breakdown = \"kind\""), Some(kind.clone()));
    assert_eq!(parsed("breakdown = { by = \"kind\" }"), Some(kind.clone()));
    let hop = BreakdownConfig { stage: Some(Stage::Hop), ..kind.clone() };
    assert_eq!(parsed("breakdown = { by = \"kind\", stage = \"hop\" }"), Some(hop.clone()));
    assert_eq!((kind.stage(), hop.stage()), (Stage::Total, Stage::Hop));
    let symbols = ["A", "BRK.A"].map(|name| name.parse().unwrap()).to_vec();
    let symbols = BreakdownConfig { symbols, ..BreakdownConfig::new(By::Symbol) };
    let key = "breakdown = { by = \"symbol\", symbols = [\"A\", \"BRK.A\"] }";
    assert_eq!(parsed(key), Some(symbols));

    let wrong = |key: &str, expected: &str| check(&strategy(key), folder, expected);
    wrong(
        "breakdown = \"knd\"",
        "day.toml:6:13: unknown breakdown\nexpected: `kind` or `symbol`\nfound:    `knd`\n\
         help:     did you mean `kind`?",
    );
    wrong(
        "breakdown = { by = \"kind\", stage = \"wait\" }",
        "day.toml:6:36: unknown stage\nexpected: `decode`, `hop`, `strategy` or `total`\n\
         found:    `wait`",
    );
    wrong(
        "breakdown = { by = \"kind\", symbols = [\"A\"] }",
        "day.toml:6:38: `breakdown.symbols` without `by = \"symbol\"`\n\
         help:     leave it out, or split by symbol",
    );
    wrong(
        "breakdown = { by = \"symbol\", symbols = [\"A\", \"A B\"] }",
        "day.toml:6:46: no symbol\nexpected: 1 to 8 printable ASCII characters without spaces\n\
         found:    `A B`",
    );
    let many = format!("breakdown = {{ by = \"symbol\", symbols = [{}] }}", "\"A\",".repeat(65));
    wrong(
        &many,
        "day.toml:6:40: too many symbols in `breakdown.symbols`\nexpected: at most 64\n\
         found:    65\nhelp:     the others are counted together, in the row `other`",
    );
    wrong(
        "breakdown = true",
        "day.toml:6:13: a value of the wrong type\nexpected: \"kind\", \"symbol\", or a table \
         { by = \"kind\", stage = \"total\" }\nfound:    boolean `true`",
    );
}

#[test]
fn what_is_missing() {
    let folder = Path::new("/nowhere");
    check(
        "[[strategy]]\nrun = \"bbo\"\n",
        folder,
        "day.toml:3:1: the key `name` is missing\n\
         help:     `tickline config explain name` says what it is",
    );
}
