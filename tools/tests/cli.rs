//! The command line from outside: what it prints where, and the code it ends with.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn tickline(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickline"));
    command.args(words);
    command
}

fn run(words: &[&str]) -> Output {
    tickline(words).output().unwrap()
}

/// The command ends with this code; its output, and its errors, contain these words.
#[track_caller]
fn check(words: &[&str], code: i32, output: &str, errors: &str) {
    let found = run(words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&found.stdout), text(&found.stderr));
    assert_eq!(found.status.code(), Some(code), "{words:?}\n{stdout}{stderr}");
    assert!(stdout.contains(output), "{words:?}: expected {output:?} in\n{stdout}");
    assert!(stderr.contains(errors), "{words:?}: expected {errors:?} in\n{stderr}");
    assert!(errors.is_empty() == stderr.is_empty(), "{words:?}: unexpected\n{stderr}");
}

const SCENARIO: &str = "name = \"a\"\nfeed = { source = { generate = {} } }\n\
                        [[strategy]]\nname = \"b\"\nrun = \"null\"\n";

fn scenario(folder: &Path, text: &str) -> String {
    let path = folder.join("a.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn help_and_version() {
    check(&["--help"], 0, "tickline launch my.toml", "");
    check(&["--version"], 0, concat!("tickline ", env!("CARGO_PKG_VERSION")), "");
    check(&[], 2, "", "Usage: tickline [OPTIONS] <COMMAND>");
    check(&["dotcor"], 2, "", "a similar subcommand exists: 'doctor'");
}

#[test]
fn scenarios_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path(), SCENARIO);
    check(&["config", "check", &file], 0, "a.toml: ok\n", "");
    check(&["config", "check", &file, "--json"], 0, "\"ok\": true", "");
    check(&["config", "check", &file, "--set", "ring.slots=3"], 2, "help:     slots = 64", "");
    check(&["config", "check", &file, "--set", "ring.slotz=3"], 2, "", "did you mean `ring.slots`");
    let idle = "strategy.b.idle=shallow";
    check(&["config", "check", &file, "--set", idle], 0, "a.toml: ok\n", "");
    let idle = "strategy.b.idle=shalow";
    check(&["config", "check", &file, "--set", idle], 2, "did you mean `shallow`?", "");
    check(&["config", "check", "/no/file"], 2, "error: /no/file: cannot read the scenario", "");
    check(&["config", "check"], 2, "", "required");
}

#[test]
fn a_started_scenario_is_right_and_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.toml");
    let file = file.to_str().unwrap();
    check(&["config", "init", "-o", file], 0, "new.toml: written", "");
    check(&["config", "init", "-o", file], 2, "", "--force writes over it");
    // Its cores are those of a machine that may be larger than this one.
    check(&["doctor", file, "--json"], doctor_code(file), "\"checks\"", "");
    assert_eq!(run(&["config", "init"]).stdout, fs::read(file).unwrap());
}

/// 3 exactly if a check of severity error fails.
fn doctor_code(file: &str) -> i32 {
    let report = run(&["doctor", file, "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    if report["passed"] == true { 0 } else { 3 }
}

#[test]
fn keys_are_explained() {
    check(&["config", "explain", "ring.slots"], 0, "default: 65536", "");
    check(&["config", "explain", "ring.slot"], 2, "", "did you mean `ring.slots`?");
    check(&["config", "explain", "--json"], 0, "\"key\": \"feed.source.speed\"", "");
}

#[test]
fn a_scenario_that_cannot_run_here_is_the_environments_fault() {
    let folder = tempfile::tempdir().unwrap();
    // No machine has this many free hugepages: 4 GiB of slots, and no other pages will do.
    let ring = "[ring]\nslots = 67108864\npages = \"huge!\"\n";
    let file = scenario(folder.path(), &format!("{SCENARIO}{ring}"));
    let free = fs::read_to_string("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    if free.is_ok_and(|free| free.trim().parse::<u64>().is_ok_and(|free| free > 2048)) {
        return;
    }
    check(&["doctor", &file], 3, "2049 free", "");
}

#[test]
fn a_doctor_with_a_script_and_a_measurement() {
    check(&["doctor", "--script"], 0, "set -eu", "");
    check(&["doctor", "--script", "--json"], 2, "", "cannot be used with");
    check(&["doctor", "--jitter", "0s"], 2, "", "a whole number above 0 and its unit");
    check(&["doctor", "--jitter", "1s", "--run", "/no/run"], 2, "", "the directory of a run");
    check(&["doctor", "--cores", "0,999", "--jitter", "1s"], 3, "", "cannot run on core 999");
    let report = run(&["doctor", "--cores", "0", "--jitter", "20ms", "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let core = &report["jitter"]["cores"][0];
    assert_eq!((&core["core"], &core["owners"][0]), (&0.into(), &"the feed".into()));
    assert!(core["share"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{core}");
    let verdict =
        |check: &serde_json::Value| check["passed"].is_boolean() != check["skipped"].is_string();
    assert!(report["checks"].as_array().unwrap().iter().all(verdict));
}

#[test]
fn logs_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path(), "not a log");
    check(&["latency", &file], 2, "", "a.toml:1: expected `Tag=…");
    check(&["latency", "/no/file"], 2, "", "error: /no/file: cannot read the log");
    check(&["latency", folder.path().to_str().unwrap()], 2, "", "expected the directory of a run");
}

#[test]
fn man_pages_and_completions_come_of_all_programs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    check(&["man", &dir("man")], 0, "", "");
    let page = |name: &str| fs::read_to_string(folder.path().join("man").join(name)).unwrap();
    assert!(page("tickline-config-check.1").contains(".TH TICKLINE-CONFIG-CHECK 1"));
    assert!(page("tickline-feed.1").contains("TICKLINE_LOG_FORMAT"));
    assert!(page("tickline-strategy.1").contains("\\-\\-name"));
    assert!(page("tickline.1").contains("tickline\\-launch(1)"));
    // Each page is one that `man` can show, where there is one.
    for entry in fs::read_dir(folder.path().join("man")).unwrap() {
        let path = entry.unwrap().path();
        let groff = ["-k", "-man", "-Tutf8", "-ww", "-z", path.to_str().unwrap()];
        let Ok(shown) = Command::new("groff").args(groff).output() else { continue };
        let warnings = String::from_utf8_lossy(&shown.stderr);
        assert!(shown.status.success() && warnings.is_empty(), "{warnings}");
    }

    for (shell, files) in [
        ("bash", ["tickline", "tickline-feed", "tickline-strategy"]),
        ("zsh", ["_tickline", "_tickline-feed", "_tickline-strategy"]),
        ("fish", ["tickline.fish", "tickline-feed.fish", "tickline-strategy.fish"]),
    ] {
        check(&["completions", shell, "--dir", &dir(shell)], 0, "", "");
        for file in files {
            let text = fs::read_to_string(folder.path().join(shell).join(file)).unwrap();
            assert!(text.contains("log-format"), "{shell}: {file}");
        }
    }
    check(&["completions", "fish", "--program", "tickline-strategy"], 0, "-l name", "");
    check(&["completions", "tcl"], 2, "", "possible values");
    check(&["completions", "bash", "--program", "feed"], 2, "", "tickline-feed");
    let file = scenario(folder.path(), SCENARIO);
    check(&["man", &file], 2, "", "error: cannot write into");
}

#[test]
fn a_closed_output_ends_quietly() {
    let mut child = tickline(&["config", "explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
