use super::*;

/// A table that stands for `[feed]` and `[[strategy]]` of the crates that own them.
#[derive(PartialEq, Debug)]
struct Pinned(Option<usize>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table [feed]")]
struct RawPinned {
    name: Option<Spanned<String>>,
    core: Option<Spanned<u64>>,
    priority: Option<Spanned<String>>,
    restart: Option<Spanned<String>>,
    wait: Option<RawWait>,
    reader: Option<Spanned<String>>,
}

impl Table for Pinned {
    type Raw = RawPinned;

    fn check(raw: RawPinned, site: &mut Site<'_>) -> Result<Pinned, Fault> {
        let name = raw.name.map(|name| site.strategy_name(&name)).transpose()?;
        let owner = name.map_or("the feed".to_owned(), |name| format!("strategy `{name}`"));
        raw.wait.map(|wait| WaitConfig::check(&wait)).transpose()?;
        raw.reader.map(|reader| ReaderMode::check(&reader)).transpose()?;
        let core = raw.core.map(|core| site.core(&core, &owner)).transpose()?;
        site.priority(raw.priority.as_ref(), core, &owner)?;
        raw.restart.map(|restart| Restart::check(&restart)).transpose()?;
        Ok(Pinned(core))
    }
}

fn cores() -> Cores {
    Cores { online: (0..8).collect(), allowed: (0..4).collect(), isolated: [7].into() }
}

fn parse(text: &str) -> Result<Scenario<Pinned, Pinned>, ScenarioError> {
    Scenario::parse(text, "day.toml", Path::new("/data"), &cores())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let error = parse(text).expect_err("the text has a mistake").to_string();
    assert_eq!(error, expected.trim_start_matches('\n'), "\n{error}");
}

#[test]
fn defaults() {
    let scenario = parse("name = \"day\"\n[feed]").unwrap();
    let ring = RingConfig {
        name: "day".to_owned(),
        slots: 65_536,
        pages: Pages::Huge,
        pages_strict: false,
    };
    assert_eq!(scenario.ring, ring);
    assert_eq!(scenario.ring.bytes(), 4 << 20);
    assert!(scenario.strategies.is_empty() && scenario.warnings.is_empty());
}

#[test]
fn every_key_of_the_ring() {
    let text = "name = \"day\"\n[ring]\nname = \"r-1\"\nslots = 64\npages = \"huge!\"\n[feed]";
    let ring = parse(text).unwrap().ring;
    let name = "r-1".to_owned();
    assert_eq!(ring, RingConfig { name, slots: 64, pages: Pages::Huge, pages_strict: true });
}

#[test]
fn a_wrong_word() {
    check(
        "name = \"day\"\n[ring]\npages = \"hugee\"\n[feed]\n",
        r#"
day.toml:3:9: unknown page size
   3 | pages = "hugee"
     |         ^^^^^^^
  expected: `huge`, `huge!`, `transparent` or `small`
  found:    `hugee`
  help:     did you mean `huge`?"#,
    );
}

#[test]
fn an_unknown_key() {
    check(
        "name = \"day\"\nfeed = {}\n[ring]\nslotz = 64\n",
        r#"
day.toml:4:1: unknown key `slotz`
   4 | slotz = 64
     | ^^^^^
  expected: one of `name`, `slots`, `pages`
  help:     did you mean `slots`?"#,
    );
    check(
        "name = \"day\"\nfeed = {}\n[[stratgy]]\n",
        r#"
day.toml:3:3: unknown key `stratgy`
   3 | [[stratgy]]
     |   ^^^^^^^
  expected: one of `name`, `ring`, `feed`, `strategy`
  help:     did you mean `strategy`?"#,
    );
}

#[test]
fn a_missing_key() {
    check(
        "name = \"day\"",
        r#"
day.toml:1:13: the key `feed` is missing
   1 | name = "day"
     |             ^
  help:     `tickline config explain feed` says what it is"#,
    );
}

#[test]
fn a_wrong_type() {
    check(
        "name = \"day\"\nfeed = {}\n[ring]\nslots = \"many\"\n",
        r#"
day.toml:4:9: a value of the wrong type
   4 | slots = "many"
     |         ^^^^^^
  expected: a whole number, 0 or larger
  found:    string "many""#,
    );
    check(
        "name = \"day\"\nfeed = 7\n",
        r#"
day.toml:2:8: a value of the wrong type
   2 | feed = 7
     |        ^
  expected: a table [feed]
  found:    integer `7`"#,
    );
}

#[test]
fn values_are_named_as_toml_names_them() {
    let expected = |text: &str| {
        let Err(ScenarioError::Wrong(error)) = parse(text) else { panic!("{text}: accepted") };
        (error.expected.unwrap_or_default(), error.found.unwrap_or_default())
    };
    let check = |text: &str, wanted: &str, found: &str| {
        let text = format!("name = \"day\"\nfeed = {{}}\n{text}");
        assert_eq!(expected(&text), (wanted.to_owned(), found.to_owned()));
    };
    let number = "a whole number, 0 or larger";
    check("[ring]\nslots = -1", number, "integer `-1`");
    check("[ring]\nslots = 99999999999999999999", number, "integer `99999999999999999999`");
    check("[ring]\nslots = []", number, "a list");
    check("[ring]\nname = 7", "a text in quotes \" … \"", "integer `7`");
    check("[strategy]", "tables with a header in double brackets [[ … ]]", "a table");
}

#[test]
fn wrong_sizes_and_names() {
    check(
        "name = \"day\"\nfeed = {}\nring = { slots = 1000 }\n",
        r#"
day.toml:3:18: `ring.slots` is no size of a ring
   3 | ring = { slots = 1000 }
     |                  ^^^^
  expected: a power of two from 64 to 67108864
  found:    1000
  help:     slots = 1024"#,
    );
    check(
        "name = \"My day\"\nfeed = {}\n",
        r#"
day.toml:1:8: `name` is no plain name
   1 | name = "My day"
     |        ^^^^^^^^
  expected: 1 to 31 of a-z, 0-9, `_` and `-`
  found:    `My day`"#,
    );
}

#[test]
fn waiting() {
    check(
        "name = \"day\"\nfeed = { wait = { spin = \"50 apples\" } }\n",
        r#"
day.toml:2:26: `wait.spin` is no duration
   2 | feed = { wait = { spin = "50 apples" } }
     |                          ^^^^^^^^^^^
  expected: a whole number and its unit, as in "500ns", "50us", "1ms" or "2s"
  found:    `50 apples`"#,
    );
    check(
        "name = \"day\"\nfeed = { wait = { then = \"prak\" } }\n",
        r#"
day.toml:2:26: unknown way to wait
   2 | feed = { wait = { then = "prak" } }
     |                          ^^^^^^
  expected: `park`, `yield` or `spin`
  found:    `prak`
  help:     did you mean `park`?"#,
    );
    check(
        "name = \"day\"\nfeed = { reader = \"losless\" }\n",
        r#"
day.toml:2:19: unknown reader mode
   2 | feed = { reader = "losless" }
     |                   ^^^^^^^^^
  expected: `lossless` or `lossy`
  found:    `losless`
  help:     did you mean `lossless`?"#,
    );
}

#[test]
fn cores_that_cannot_be() {
    check(
        "name = \"day\"\nfeed = { core = 9 }\n",
        r#"
day.toml:2:17: core 9 does not exist on this machine
   2 | feed = { core = 9 }
     |                 ^
  expected: one of 0-3,7
  found:    9
  help:     leave `core` out to have one chosen"#,
    );
    check(
        "name = \"day\"\nfeed = { core = 5 }\n",
        r#"
day.toml:2:17: core 5 is not allowed for this process
   2 | feed = { core = 5 }
     |                 ^
  expected: one of 0-3,7
  found:    5
  help:     a container, cgroup or `taskset` sets it"#,
    );
}

#[test]
fn a_core_given_twice_is_a_warning() {
    let text = "name = \"day\"\nfeed = { core = 7 }\n[[strategy]]\nname = \"bbo\"\ncore = 7\n";
    let scenario = parse(text).unwrap();
    assert_eq!(scenario.feed, Pinned(Some(7)));
    let [warning] = &scenario.warnings[..] else { panic!("{:?}", scenario.warnings) };
    assert_eq!((warning.severity, warning.line, warning.column), (Severity::Warning, 5, 8));
    assert_eq!(warning.what, "core 7 is given to the feed and to strategy `bbo`");
}

#[test]
fn a_loop_of_real_time_has_its_core_alone() {
    let strategies = |feed: &str, strategy: &str| {
        format!("name = \"day\"\nfeed = {{ {feed} }}\n[[strategy]]\nname = \"bbo\"\n{strategy}\n")
    };
    let fifo = "priority = \"fifo:50\"";
    check(
        &strategies(&format!("core = 1, {fifo}"), "core = 1"),
        r#"
day.toml:5:8: strategy `bbo` would never run on core 1: the feed has a real-time priority
   5 | core = 1
     |        ^
  help:     give each its own `core`, or leave `priority` out"#,
    );
    check(
        &strategies("core = 1", &format!("core = 1\n{fifo}")),
        r#"
day.toml:6:12: the feed would never run on core 1: strategy `bbo` has a real-time priority
   6 | priority = "fifo:50"
     |            ^^^^^^^^^
  help:     give each its own `core`, or leave `priority` out"#,
    );
    check(
        &strategies("", "priority = \"fifo\""),
        r#"
day.toml:5:12: unknown priority
   5 | priority = "fifo"
     |            ^^^^^^
  expected: `normal`, or `fifo:1` to `fifo:98`
  found:    `fifo`
  help:     say how high, as in `fifo:50`"#,
    );
    let apart = strategies(&format!("core = 0, {fifo}"), &format!("core = 1\n{fifo}"));
    assert!(parse(&apart).unwrap().warnings.is_empty());
    let on = |cores: &[usize], text: &str| {
        let online = cores.iter().copied().collect();
        let cores = Cores { online, allowed: cores.iter().copied().collect(), ..Cores::default() };
        Scenario::<Pinned, Pinned>::parse(text, "day.toml", Path::new("/"), &cores)
    };
    let warnings = on(&[0, 1], &apart).unwrap().warnings;
    assert_eq!(warnings[0].what, "loops of real time take all 2 cores");
    let error = on(&[0], &strategies(fifo, "")).unwrap_err().to_string();
    assert!(error.contains("the feed would keep the only core for itself"), "{error}");
}

#[test]
fn restarts() {
    check(
        "name = \"day\"\nfeed = { restart = \"on-failur\" }\n",
        r#"
day.toml:2:20: unknown restart
   2 | feed = { restart = "on-failur" }
     |                    ^^^^^^^^^^^
  expected: `never` or `on-failure`
  found:    `on-failur`
  help:     did you mean `on-failure`?"#,
    );
}

#[test]
fn strategies_have_names_of_their_own_and_are_at_most_sixteen() {
    let strategy = |name: &str| format!("[[strategy]]\nname = \"{name}\"\n");
    check(
        &format!("name = \"day\"\nfeed = {{}}\n{}{}", strategy("bbo"), strategy("bbo")),
        r#"
day.toml:6:8: two strategies are called `bbo`
   6 | name = "bbo"
     |        ^^^^^
  expected: a name of its own for each strategy"#,
    );
    let many: String = (0..17).map(|i| strategy(&format!("s{i}"))).collect();
    let error = parse(&format!("name = \"day\"\nfeed = {{}}\n{many}")).unwrap_err().to_string();
    assert!(error.starts_with("day.toml:35:1: too many strategies\n"), "{error}");
}

#[test]
fn what_is_no_toml() {
    check(
        "name = \"day\nfeed = {}\n",
        r#"
day.toml:1:12: not TOML: invalid basic string
   1 | name = "day
     |            ^
  expected: `"`"#,
    );
    check(
        "",
        "day.toml:1:1: the key `name` is missing\n  help:     `tickline config explain name` says what it is",
    );
}

#[test]
fn a_process_skips_what_others_own() {
    let text = "name = \"day\"\nfeed = { anything = [1, { a = 2 }] }\n[[strategy]]\nx = 1\n";
    let scenario = Scenario::<Unread, Unread>::parse(text, "x", Path::new("."), &cores()).unwrap();
    assert_eq!(scenario.strategies, [Unread]);
}

#[test]
fn files_that_are_no_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let load = || Scenario::<Unread, Unread>::load(&path).unwrap_err().to_string();
    assert!(load().contains("a.toml: cannot read the scenario: No such file"), "{}", load());
    std::fs::write(&path, vec![b' '; FILE_BYTES_MAX as usize + 1]).unwrap();
    assert!(load().contains("a capture is read with `tickline replay"), "{}", load());
    std::fs::write(&path, [0xff]).unwrap();
    assert!(load().contains("valid UTF-8"), "{}", load());
}

#[test]
fn nearest_words() {
    let check = |word: &str, near: Option<&str>| {
        assert_eq!(nearest(word, ["lossless", "lossy", "huge"].into_iter()), near, "{word}");
    };
    check("lossles", Some("lossless"));
    check("Lossy", Some("lossy"));
    check("hgue", Some("huge"));
    check("small", None);
    check(&"x".repeat(1_000_000), None);
}

#[test]
fn durations() {
    for word in ["0s", "50us", "1ms", "2s", "1500ns", "90s"] {
        let typed = toml::Spanned::new(0..0, word.to_owned());
        assert_eq!(print_duration(duration(&typed, "spin").unwrap()), word);
    }
    for wrong in ["", "50", "us", "-1us", "0.5ms", "1h", "99999999999999s"] {
        let typed = toml::Spanned::new(0..0, wrong.to_owned());
        assert!(duration(&typed, "spin").is_err(), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in ".*", tail in "[ -~\n\t\u{0}é]*") {
        let _ = parse(&text).map_err(|error| error.to_string());
        let _ = parse(&format!("name = \"day\"\nfeed = {{}}\n[ring]\n{tail}"))
            .map_err(|error| error.to_string());
    }

    #[test]
    fn no_value_panics(key in "name|slots|pages", value in ".*|-?[0-9]{1,20}|\"\\PC*\"") {
        let text = format!("name = \"day\"\nfeed = {{}}\n[ring]\n{key} = {value}");
        let _ = parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn no_span_panics(text in ".*", start in 0usize..200, len in 0usize..200) {
        let fault = Fault::new(start..start + len, "x");
        let _ = Diagnostic::new(fault, Severity::Error, &text, "f").to_string();
    }
}
