use std::fs;
use std::path::Path;

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
fn what_is_missing() {
    let folder = Path::new("/nowhere");
    check(
        "[[strategy]]\nrun = \"bbo\"\n",
        folder,
        "day.toml:3:1: the key `name` is missing\n\
         help:     `tickline config explain name` says what it is",
    );
}
