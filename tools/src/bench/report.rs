//! The report: as JSON, whose keys are a contract, and for people.

use serde_json::{Map, Value, json};
use tickline_shared::summary::Environment;

use super::comparison::Comparison;
use super::figure::{Figure, rounded};
use super::machine::Seen;
use super::peers::Rival;
use super::rounds::{Failure, Measured, Rounds, Selected, dotted};
use crate::table::nanos;

pub mod text;

/// Everything that is reported.
pub struct Report {
    /// The machine; its warnings are all warnings of the report.
    pub environment: Environment,
    /// Whether nothing else happened on the two cores.
    pub quiet: bool,
    /// The figures, and the placement that they are of.
    pub selected: Selected,
    /// What could not be measured.
    pub failures: Vec<Failure>,
    /// The rivals.
    pub rivals: Vec<Rival>,
}

impl Report {
    /// Of what was measured and seen.
    pub fn new(
        mut environment: Environment,
        seen: &Seen,
        rounds: &Rounds,
        rivals: Vec<Rival>,
    ) -> Report {
        let selected = rounds.select();
        let disturbances = seen.warnings();
        let quiet = disturbances.is_empty();
        environment.warnings.extend(disturbances);
        let all = selected.counts.near + selected.counts.far + selected.counts.moved;
        if selected.in_pieces && all > 0 {
            environment.warnings.push(format!(
                "the host moved the cores in {} of {all} rounds, so the figures come from those \
                 measurements during which they stayed {}: measure fewer parts at a time",
                selected.counts.moved, selected.placement
            ));
        } else if selected.counts.moved > 0 {
            environment.warnings.push(format!(
                "the host moved the cores in {} of {all} rounds, which are left out: a virtual \
                 machine with pinned cores, or a real one, does not do that",
                selected.counts.moved
            ));
        }
        let failures = rounds.failures.clone();
        Report { environment, quiet, selected, failures, rivals }
    }

    /// Whether something of tickline's own could not be measured.
    pub fn has_failed(&self) -> bool {
        self.failures.iter().any(|failure| failure.part != "peers")
    }

    /// The figure with this part and key.
    pub fn figure(&self, part: &str, key: &str) -> Option<Figure> {
        let found = self.selected.figures.iter().find(|it| it.key.0 == part && it.key.1 == key)?;
        Some(found.figure)
    }

    /// As JSON: the parts that were measured, each with its keys.
    pub fn json(&self) -> Value {
        let mut report = Map::new();
        let mut environment = json!(self.environment);
        environment["quiet"] = json!(self.quiet);
        environment["placement"] = json!(self.selected.placement);
        environment["line_rtt_ns"] = json!(self.selected.line_rtt_ns);
        report.insert("environment".to_owned(), environment);
        let mut spread = Map::new();
        for Measured { key, figure, spread: (least, most) } in &self.selected.figures {
            let path = std::iter::once(key.0).chain(key.1.split('/'));
            put(&mut report, path, figure.json());
            spread.insert(dotted(key), json!([rounded(*least), rounded(*most)]));
        }
        report.insert("spread".to_owned(), Value::Object(spread));
        report.insert("rounds".to_owned(), json!(self.selected.counts));
        report.insert("failures".to_owned(), json!(self.failures));
        if !self.rivals.is_empty() {
            let about = |rival: &Rival| json!({"title": rival.title, "processes": rival.processes});
            let rivals = self.rivals.iter().map(|rival| (rival.name.clone(), about(rival)));
            report.insert("rivals".to_owned(), Value::Object(rivals.collect()));
        }
        Value::Object(report)
    }

    /// The comparison with the limit and with the rivals.
    pub fn comparison(&self) -> Comparison {
        Comparison::of(self)
    }

    /// Where and on what this was measured, a line each: what, and its value.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let Environment { version, kernel, cpu, cores, pages, clock, ghz, .. } = &self.environment;
        let Selected { placement, line_rtt_ns, counts, .. } = &self.selected;
        let cores: Vec<_> = cores.iter().map(usize::to_string).collect();
        vec![
            ("tickline", version.clone()),
            ("processor", cpu.clone()),
            ("kernel", kernel.clone()),
            ("cores", cores.join(" and ")),
            ("pages", pages.clone()),
            ("clock", format!("{clock}, {ghz:.3} GHz")),
            ("quiet", if self.quiet { "yes" } else { "no, see the warnings" }.to_owned()),
            (
                "placement",
                format!(
                    "{placement}: a bare cache line takes {line_rtt_ns} ns there and back, at the median"
                ),
            ),
            ("rounds", format!("{} near, {} far, {} moved", counts.near, counts.far, counts.moved)),
        ]
    }

    /// For people.
    pub fn text(&self) -> String {
        text::of(self)
    }
}

/// Puts a value where the path leads.
fn put<'a>(into: &mut Map<String, Value>, mut path: impl Iterator<Item = &'a str>, value: Value) {
    let Some(first) = path.next() else { return };
    let rest: Vec<&str> = path.collect();
    if rest.is_empty() {
        into.insert(first.to_owned(), value);
    } else if let Value::Object(inner) =
        into.entry(first).or_insert_with(|| Value::Object(Map::new()))
    {
        put(inner, rest.into_iter(), value);
    }
}

/// The unit of a number, which its key says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// ns.
    Nanos,
    /// Of anything, a second.
    Rate,
    /// GB/s.
    Gigabytes,
    /// Of two times.
    Ratio,
}

impl Unit {
    /// By the key.
    pub fn of(key: &str) -> Unit {
        if key.contains("gigabytes_per_second") {
            Unit::Gigabytes
        } else if key.contains("_per_second") || key.contains("stream") {
            Unit::Rate
        } else if key.contains("times_as_") {
            Unit::Ratio
        } else {
            Unit::Nanos
        }
    }

    /// A number of this unit.
    pub fn print(self, number: f64) -> String {
        match self {
            Unit::Nanos if number < 100.0 => format!("{number:.1} ns"),
            Unit::Nanos => nanos(number.round() as u64),
            Unit::Gigabytes => format!("{number:.2} GB/s"),
            Unit::Rate if number >= 1e6 => format!("{} M/s", digits(number / 1e6)),
            Unit::Rate if number >= 1e3 => format!("{} k/s", digits(number / 1e3)),
            Unit::Rate => format!("{number:.0} /s"),
            Unit::Ratio => format!("{number:.2} x"),
        }
    }
}

/// Three digits, or the whole number.
fn digits(number: f64) -> String {
    let decimals = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.decimals$}")
}

#[cfg(test)]
pub(crate) mod tests;
