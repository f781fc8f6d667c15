use super::*;

const SCENARIO: &str = r#"
name = "a"
[ring]
name = "a"
slots = 65536
[feed]
core = 0
publish = ["quotes", "trades"]
source = { generate = { messages = 5, seed = 1 }, speed = "1x" }
[[strategy]]
name = "bbo"
run = "bbo"
wait = { spin = "50us", then = "park" }
"#;

fn settings(scenario: &str, cpu: &str) -> Settings {
    let machine = [("environment.cpu".to_owned(), Value::from(cpu))].into();
    Settings { scenario: flat(&toml::from_str(scenario).unwrap()), machine }
}

#[track_caller]
fn check(changes: &[(&str, &str)], expected: &[&str]) {
    let changed = changes.iter().fold(SCENARIO.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let differences = settings(SCENARIO, "EPYC").differences(&settings(&changed, "EPYC"));
    let shown = differences.iter().map(|it| format!("{}: {} / {}", it.key, it.base, it.this));
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn every_key_but_names_and_the_program_counts() {
    check(&[], &[]);
    check(&[("\"a\"", "\"b\""), ("\"bbo\"", "\"mine\"")], &[]);
    check(&[("\"1x\"", "\"2x\"")], &[r#"feed.source.speed: "1x" / "2x""#]);
    check(&[("65536", "1024")], &["ring.slots: 65536 / 1024"]);
    check(&[("seed = 1", "seed = 2")], &["feed.source.generate.seed: 1 / 2"]);
    check(
        &[("core = 0", "core = 1"), ("50us", "0us")],
        &["feed.core: 0 / 1", r#"strategy.wait.spin: "50us" / "0us""#],
    );
    check(&[("core = 0", "")], &["feed.core: 0 / not set"]);
}

/// A run of a version that did not know a key had what is its default now.
#[test]
fn a_missing_key_has_its_default() {
    check(&[("slots = 65536", "")], &[]);
    check(&[("slots = 65536", "slots = 65536\npages = \"huge\"")], &[]);
    check(
        &[("slots = 65536", "slots = 65536\npages = \"small\"")],
        &[r#"ring.pages: "huge" / "small""#],
    );
    check(&[("run = ", "idle = \"shallow\"\nrun = ")], &[r#"strategy.idle: "deep" / "shallow""#]);
}

#[test]
fn several_strategies_are_told_apart_by_name() {
    let two =
        |core: u8| format!("{SCENARIO}[[strategy]]\nname = \"b\"\nrun = \"null\"\ncore = {core}");
    let differences = settings(&two(1), "").differences(&settings(&two(2), ""));
    assert_eq!(
        differences.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(),
        ["strategy.b.core"]
    );
}

#[test]
fn the_machine_counts() {
    let differences = settings(SCENARIO, "EPYC").differences(&settings(SCENARIO, "Xeon"));
    let expected = Difference {
        key: "environment.cpu".to_owned(),
        base: "\"EPYC\"".to_owned(),
        this: "\"Xeon\"".to_owned(),
    };
    assert_eq!(differences, [expected]);
}
