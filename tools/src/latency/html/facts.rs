//! Where, on what and with what settings each run was made, and what was counted.

use tickline_shared::summary::{StrategySummary, Summary};

use super::Contents;
use crate::latency::run::Run;
use crate::latency::text::extent;
use crate::latency::window::{seconds, utc};
use crate::page::{self, Cell, Row, Table, escaped};
use crate::table::{grouped, nanos};

/// A scenario as used is longer only if somebody wrote a book into it.
const SCENARIO_BYTES_MAX: usize = 32 << 10;

/// What the page is about, and what its reader must not miss.
pub fn head(contents: &Contents<'_>) -> String {
    let about = contents.runs.iter().zip(&contents.names).map(|(run, name)| {
        let speed = run.summary.as_ref().map(|summary| &summary.feed);
        let speed = speed.filter(|feed| !feed.speed.is_empty());
        let speed = speed
            .map_or_else(String::new, |feed| format!(", {} at speed {}", feed.venue, feed.speed));
        let began = run.began_unix_ns.and_then(utc);
        let began = began.map_or_else(String::new, |began| format!(", began {began}"));
        let long = seconds(run.end_ns());
        format!(
            "<p class=\"about\"><strong>{}</strong>{}</p>\n",
            escaped(name),
            escaped(&format!("{speed}{began}, {long} s, {}", extent(run)))
        )
    });
    about.collect::<String>() + &page::warnings(warnings(contents).into_iter())
}

/// One sentence each; the same sentence once, with the runs it is of.
fn warnings(contents: &Contents<'_>) -> Vec<String> {
    let mut warnings: Vec<(String, Vec<&str>)> = Vec::new();
    for (run, name) in contents.runs.iter().zip(&contents.names) {
        for text in own_warnings(run) {
            match warnings.iter_mut().find(|(known, _)| *known == text) {
                Some((_, names)) => names.push(name),
                None => warnings.push((text, vec![name])),
            }
        }
    }
    let of = |(text, names): (String, Vec<&str>)| match contents.runs.len() {
        1 => text,
        _ => format!("{}: {text}", names.join("; ")),
    };
    warnings.into_iter().map(of).collect()
}

fn own_warnings(run: &Run) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some((line, damage)) = run.damaged.first() {
        warnings.push(format!(
            "{} damaged lines of the log are left out, line {line} first: {damage}",
            grouped(run.damaged.len() as u64)
        ));
    }
    for (name, stage) in &run.stages {
        let beyond = stage.hour_or_more();
        if beyond > 0 {
            warnings.push(format!(
                "{name}: {} values of an hour or more: a run's histograms end there",
                grouped(beyond)
            ));
        }
    }
    match &run.summary {
        None => warnings
            .push("no summary: settings, machine and counts of this log are not known".to_owned()),
        Some(summary) => {
            if run.is_paced() == Some(false) {
                warnings.push(
                    "this run was not paced: messages had no time at which they were due, so hop \
                     and total are mostly the queue in the ring; read throughput from it"
                        .to_owned(),
                );
            }
            if summary.feed.interrupted {
                warnings.push("the run ended by a signal, before its source did".to_owned());
            }
            let own = own(run);
            let lost = own.map_or(0, |strategy| strategy.lost);
            if lost > 0 {
                warnings.push(format!("{} records were lost", grouped(lost)));
            }
            warnings.extend(summary.environment.warnings.iter().cloned());
        }
    }
    warnings
}

/// What the strategy of this log counted.
fn own(run: &Run) -> Option<&StrategySummary> {
    let strategies = run.summary.iter().flat_map(|summary| &summary.strategies);
    { strategies }.find(|strategy| Some(&strategy.name) == run.strategy.as_ref())
}

/// A fact and how a run tells it.
type Fact = (&'static str, String);

/// Three tables with a column a run, and the scenarios.
pub fn tables(contents: &Contents<'_>) -> String {
    let runs = contents.runs;
    let summary = |run: &Run, facts: fn(&Summary) -> Vec<Fact>| {
        run.summary.as_ref().map(facts).unwrap_or_default()
    };
    let all = [
        ("Settings", runs.iter().map(|run| settings(run)).collect::<Vec<_>>()),
        ("Machine", runs.iter().map(|run| summary(run, machine)).collect()),
        ("Counted by the feed", runs.iter().map(|run| summary(run, feed)).collect()),
        (
            "Counted by the strategy",
            runs.iter().map(|run| own(run).map(strategy).unwrap_or_default()).collect(),
        ),
    ];
    let tables = all.iter().map(|(caption, facts)| table(contents, caption, facts));
    tables.collect::<String>() + &scenarios(contents)
}

/// A row a fact; facts that are not known of any run are left out.
fn table(contents: &Contents<'_>, caption: &str, facts: &[Vec<Fact>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in facts.iter().flatten() {
        if !names.contains(name) && !value.is_empty() {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let row = |name: &&str| -> Row {
        let value = |facts: &Vec<Fact>| {
            let found = facts.iter().find(|(known, _)| known == name);
            Cell::words(found.map_or("-".to_owned(), |(_, value)| value.clone()))
        };
        [Cell::words(*name)].into_iter().chain(facts.iter().map(value)).collect()
    };
    let headings = match contents.runs.len() {
        1 => Vec::new(),
        _ => {
            let names = contents.names.iter().map(|name| Cell::words(name.clone()));
            [Cell::default()].into_iter().chain(names).collect()
        }
    };
    let rows = names.iter().map(row).collect();
    Table { caption, headings, rows, sortable: false }.print()
}

fn settings(run: &Run) -> Vec<Fact> {
    let feed = run.summary.as_ref().map(|summary| &summary.feed);
    let of = |text: Option<&String>| text.cloned().unwrap_or_default();
    vec![
        ("log", run.path.display().to_string()),
        ("strategy", of(run.strategy.as_ref())),
        ("venue", of(feed.map(|feed| &feed.venue))),
        ("format", of(feed.map(|feed| &feed.format))),
        ("speed", of(feed.map(|feed| &feed.speed))),
        (
            "decode and total count from",
            match run.is_paced() {
                Some(true) => "when a message was due (due time)".to_owned(),
                Some(false) => "when the feed turned to the message (service time)".to_owned(),
                None => "not known".to_owned(),
            },
        ),
    ]
}

fn machine(summary: &Summary) -> Vec<Fact> {
    let machine = &summary.environment;
    let cores: Vec<_> = machine.cores.iter().map(ToString::to_string).collect();
    vec![
        ("tickline", machine.version.clone()),
        ("kernel", machine.kernel.clone()),
        ("processor", machine.cpu.clone()),
        ("cores", cores.join(", ")),
        ("pages of the ring", machine.pages.clone()),
        ("clock", format!("{} at {:.3} GHz", machine.clock, machine.ghz)),
    ]
}

fn feed(summary: &Summary) -> Vec<Fact> {
    let feed = &summary.feed;
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let optional = |count: Option<u64>| count.map_or_else(String::new, grouped);
    let late = feed.late.as_ref().map_or_else(String::new, |late| {
        format!("p50 {}, p99 {}, max {}", nanos(late.p50), nanos(late.p99), nanos(late.max))
    });
    vec![
        ("seconds", format!("{:.3}", feed.seconds)),
        ("packets", grouped(feed.packets)),
        ("messages", grouped(feed.messages)),
        ("messages per second", grouped(feed.messages_per_second)),
        ("records published", grouped(feed.published)),
        ("gaps", grouped(feed.gaps)),
        ("messages in gaps", grouped(feed.gap_messages)),
        ("duplicates", grouped(feed.duplicates)),
        ("malformed", grouped(sum(&feed.malformed))),
        ("unknown", grouped(sum(&feed.unknown))),
        ("ring full", grouped(feed.ring_full)),
        ("wakes of parked strategies", grouped(feed.wakes)),
        ("late releases", grouped(feed.late_releases)),
        ("lateness of releases", late),
        ("allocations", optional(feed.allocations)),
        ("page faults", grouped(feed.page_faults)),
        ("restarts", grouped(feed.restarts)),
    ]
}

fn strategy(strategy: &StrategySummary) -> Vec<Fact> {
    let optional = |count: Option<u64>| count.map_or_else(String::new, grouped);
    vec![
        ("received", grouped(strategy.received)),
        ("messages per second", grouped(strategy.messages_per_second)),
        ("lost", grouped(strategy.lost)),
        ("overruns", grouped(strategy.overruns)),
        ("gaps", grouped(strategy.gaps)),
        ("parks", grouped(strategy.parks)),
        ("wake-ups", grouped(strategy.wakeups)),
        ("signals", grouped(strategy.signals)),
        ("clamped latencies", grouped(strategy.clamped)),
        ("allocations", optional(strategy.allocations)),
        ("page faults", grouped(strategy.page_faults)),
        ("restarts", grouped(strategy.restarts)),
    ]
}

/// Each scenario as used, where the run's folder has it.
fn scenarios(contents: &Contents<'_>) -> String {
    let one = |(run, name): (&&Run, &String)| {
        let path = run.folder.as_ref()?.join("scenario.toml");
        // A run is worth a page without it, too.
        let text = std::fs::read(path).ok()?;
        let (text, rest) = text.split_at(text.len().min(SCENARIO_BYTES_MAX));
        let more = if rest.is_empty() { "" } else { "\n# … the rest is in scenario.toml" };
        let summary = match contents.runs.len() {
            1 => "the scenario as used".to_owned(),
            _ => format!("{name}: the scenario as used"),
        };
        Some(format!(
            "<details>\n<summary>{}</summary>\n<pre tabindex=\"0\">{}{more}</pre>\n</details>\n",
            escaped(&summary),
            escaped(&String::from_utf8_lossy(text))
        ))
    };
    contents.runs.iter().zip(&contents.names).filter_map(one).collect()
}
