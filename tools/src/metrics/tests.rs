//! The files for Prometheus and Grafana name metrics: all of them exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tickline_feed::metrics::Kind;

use super::*;

fn config(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(file);
    fs::read_to_string(path).unwrap()
}

/// What a query may name.
fn series() -> BTreeSet<String> {
    let endings = |metric: &Metric| match metric.kind() {
        Kind::Histogram => vec!["_bucket", "_sum", "_count"],
        Kind::Counter | Kind::Gauge => vec![""],
    };
    let all = METRICS.iter().flat_map(|metric| {
        endings(metric).into_iter().map(|ending| metric.name() + ending).collect::<Vec<_>>()
    });
    all.collect()
}

/// The words of a text that look like metrics of ours.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("tickline_") || word.starts_with("process_")).collect()
}

#[track_caller]
fn check(file: &str, least: usize) {
    let (text, series) = (config(file), series());
    let named = named(&text);
    assert!(named.len() >= least, "{named:?}");
    for name in named {
        assert!(series.contains(name), "{file} names {name}, which nobody serves");
    }
}

#[test]
fn what_the_alerts_name_is_served() {
    check("prometheus-tickline-rules.yml", 10);
    assert!(config("prometheus-tickline.yml").contains("- prometheus-tickline-rules.yml"));
}

#[test]
fn what_the_dashboard_names_is_served() {
    check("grafana-tickline.json", 20);
}

/// Whoever imports the dashboard chooses where its data come from, and every panel follows.
#[test]
fn the_dashboard_can_be_imported_as_it_is() {
    let dashboard: Value = serde_json::from_str(&config("grafana-tickline.json")).unwrap();
    assert!(dashboard["id"].is_null() && dashboard.get("__inputs").is_none());
    assert!(dashboard["schemaVersion"].as_u64() >= Some(39));
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert_eq!(
        (&variables[0]["type"], &variables[0]["name"]),
        (&"datasource".into(), &"source".into())
    );
    let panels = dashboard["panels"].as_array().unwrap();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            assert!(x < 24, "{title} is too wide");
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{title} lies on another panel");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        let source = serde_json::json!({"type": "prometheus", "uid": "${source}"});
        assert_eq!(panel["datasource"], source, "{title}");
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{title}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title}");
        for target in targets {
            let query = target["expr"].as_str().unwrap();
            assert_eq!(target["datasource"], source, "{title}");
            assert!(!named(query).is_empty() && query.contains("$feed"), "{title}: {query}");
            let depth = |open, close| query.matches(open).count() == query.matches(close).count();
            assert!(depth('(', ')') && depth('{', '}') && depth('[', ']'), "{title}: {query}");
        }
    }
}

#[test]
fn the_list_says_what_is_served() {
    let list = list();
    let start = "  name                                     type       unit      labels\n  \
                 tickline_build_info                      gauge      -         version,ring";
    assert!(list.starts_with(start), "{list}");
    assert_eq!(list.lines().count(), 1 + 2 * METRICS.len());
    assert!(list.lines().all(|line| line.chars().count() <= 100), "{list}");
    let json = serde_json::to_value(METRICS).unwrap();
    let latency = json.as_array().unwrap().iter().find(|m| m["name"] == "tickline_latency_seconds");
    let latency = latency.unwrap();
    assert_eq!((&latency["type"], &latency["unit"]), (&"histogram".into(), &"seconds".into()));
    assert_eq!(latency["labels"], serde_json::json!(["strategy", "stage"]));
}
