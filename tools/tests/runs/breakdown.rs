//! Latency by kind and by symbol, from the scenario to the table.

use std::fs;

use serde_json::Value;

use super::place::Place;

/// The counts of a breakdown's rows in a summary.
fn counts(strategy: &Value) -> Vec<(&str, u64)> {
    let rows = strategy["breakdown"]["rows"].as_object().unwrap();
    rows.iter().map(|(row, part)| (row.as_str(), part["count"].as_u64().unwrap())).collect()
}

#[test]
fn parts_by_kind_and_by_symbol_add_up_to_their_stage() {
    let place = Place::new();
    let file = place.scenario(20_000, "rate=40k");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("[\"orders\", \"quotes\", \"trades\"]", "[\"orders\"]");
    fs::write(&file, text).unwrap();
    let output = place.tickline(&[
        "launch",
        "test.toml",
        "--out",
        "out",
        "--set",
        "strategy.floor.breakdown=kind",
        "--set",
        "strategy.top.breakdown={ by = 'symbol', stage = 'hop' }",
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = place.summary();
    let (kinds, symbols) = (&summary["strategies"][0], &summary["strategies"][1]);
    for (strategy, by, stage) in [(kinds, "kind", "total"), (symbols, "symbol", "hop")] {
        assert_eq!(strategy["breakdown"]["by"], by);
        assert_eq!(strategy["breakdown"]["stage"], stage);
        let sum: u64 = counts(strategy).iter().map(|(_, count)| count).sum();
        assert_eq!(strategy["stages"][stage]["count"], sum, "{strategy:#}");
        assert_eq!(strategy["allocations"], 0, "{strategy:#}");
    }

    // Every message about an order is one record, but for the replacement, which is two.
    let of = |types: &[&str]| -> u64 {
        types.iter().map(|it| summary["feed"]["by_type"][it].as_u64().unwrap()).sum()
    };
    let kinds = counts(kinds);
    for (kind, types) in [
        ("Add", &["A", "F", "U"][..]),
        ("Delete", &["D"]),
        ("Execute", &["E", "C"]),
        ("Reduce", &["X"]),
        ("Replace", &["U"]),
    ] {
        assert!(kinds.contains(&(kind, of(types))), "{kind}: {} in {kinds:?}", of(types));
    }
    // 20 symbols, and records of the whole venue.
    let symbols = counts(symbols);
    assert_eq!(symbols.len(), 21, "{symbols:?}");
    assert!(symbols.iter().any(|(row, _)| *row == "-"), "{symbols:?}");

    let json = |flags: &[&str]| -> Value {
        let output = place.tickline(&[&["latency", "out", "--json"], flags].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let plain = json(&[]);
    assert_eq!(plain[0]["stages"].as_object().unwrap().len(), 4);
    let rows = json(&["--by", "kind"]);
    assert_eq!((&rows[0]["strategy"], rows.as_array().unwrap().len()), (&"floor".into(), 1));
    for (kind, count) in &kinds {
        assert_eq!(rows[0]["breakdown"]["rows"][kind]["count"], *count);
    }
    let text = place.tickline(&["latency", "out", "--by", "symbol", "--sort", "p99"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("hop by symbol, service") && text.contains("all of hop"), "{text}");
    let page = place.tickline(&["latency", "out", "--by", "kind", "--html", "page.html"]);
    assert!(page.status.success(), "{}", String::from_utf8_lossy(&page.stderr));
    let page = fs::read_to_string(place.path().join("page.html")).unwrap();
    assert!(page.contains("total:kind=Add") && !page.contains("hop:symbol"));
}

#[test]
fn at_full_speed_the_strategys_own_time_is_split() {
    let place = Place::new();
    place.scenario(20_000, "max");
    let by_kind = ["--set", "strategy.top.breakdown=kind"];
    let output = place.tickline(&[&["launch", "test.toml", "--out", "out"][..], &by_kind].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let strategies = place.summary()["strategies"].clone();
    assert_eq!(strategies[1]["breakdown"]["stage"], "strategy");
    assert!(strategies[0].get("breakdown").is_none(), "{strategies:#}");
    let used = fs::read_to_string(place.path().join("out/scenario.toml")).unwrap();
    assert!(used.contains("breakdown = { by = \"kind\", stage = \"strategy\" }"), "{used}");

    let refused = place.tickline(&["latency", "out/latency-floor.hlog", "--by", "kind"]);
    let errors = String::from_utf8_lossy(&refused.stderr);
    // The folder has a strategy with parts, but this log alone was asked for.
    assert_eq!(refused.status.code(), Some(2), "{errors}");
    assert!(errors.contains("put `breakdown = \"kind\"` into a [[strategy]]"), "{errors}");
}
