//! The comparison: the limit, tickline and every rival at the same work.

use super::report::{Report, Unit};
use crate::table::nanos;

/// What is compared.
pub struct Row {
    /// For people.
    pub title: &'static str,
    /// Whether a small figure is a good one.
    pub less_is_better: bool,
    /// What no product can beat by much; `None` where it was not measured.
    pub limit: Option<f64>,
    /// tickline.
    pub tickline: Option<f64>,
    /// Every rival, in the order of the columns.
    pub rivals: Vec<Option<Rivalled>>,
    unit: Unit,
    percentile: bool,
}

/// A rival's figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rivalled {
    /// The figure.
    pub level: f64,
    /// By how much it is that of tickline at the same work.
    pub ratio: Option<f64>,
    /// The pace where it is another one than the row's.
    pub at: &'static str,
}

/// All rows.
pub struct Comparison {
    /// Names of the rivals.
    pub rivals: Vec<String>,
    /// What is compared.
    pub rows: Vec<Row>,
}

/// A row: its title, whether less is better, the part's keys for the limit (the best one counts)
/// and tickline, and those of a rival with the words for another pace.
struct Kind {
    title: &'static str,
    less_is_better: bool,
    limit: &'static [&'static str],
    tickline: (&'static str, &'static str),
    /// A rival's key, tickline's key of the same work, and what to say of it.
    rival: &'static [(&'static str, &'static str, &'static str)],
}

const KINDS: [Kind; 8] = [
    Kind {
        title: "hop at 1 M/s, p50",
        less_is_better: true,
        limit: &["line_hop_1m", "line_hop_1m_pause"],
        tickline: ("ring", "hop_1m"),
        rival: &[
            ("hop_1m", "hop_1m", ""),
            ("hop_100k", "hop_100k", " at 100 k/s"),
            ("hop_10k", "hop_10k", " at 10 k/s"),
        ],
    },
    Kind {
        title: "round trip, p50",
        less_is_better: true,
        limit: &["line_rtt", "line_rtt_pause"],
        tickline: ("ring", "rtt"),
        rival: &[("rtt", "rtt", "")],
    },
    Kind {
        title: "stream, one by one",
        less_is_better: false,
        limit: &["stream_lines_per_second"],
        tickline: ("ring", "stream_per_second"),
        rival: &[("stream_per_second", "stream_per_second", "")],
    },
    Kind {
        title: "stream of whole 64-byte ticks, one by one",
        less_is_better: false,
        limit: &["stream_lines_per_second"],
        tickline: ("ring", "stream_per_second"),
        rival: &[("stream_64_per_second", "stream_per_second", "")],
    },
    Kind {
        title: "stream, in batches",
        less_is_better: false,
        limit: &["stream_lines_per_second"],
        tickline: ("ring", "stream_batch_per_second"),
        rival: &[("stream_batch_per_second", "stream_batch_per_second", "")],
    },
    Kind {
        title: "wake-up, p50",
        less_is_better: true,
        limit: &["futex_wake"],
        tickline: ("ring", "wake"),
        rival: &[],
    },
    Kind {
        title: "wake-up with shallow idle states, p50",
        less_is_better: true,
        limit: &["futex_wake_shallow"],
        tickline: ("ring", "wake_shallow"),
        rival: &[],
    },
    Kind {
        title: "decoding, ns a message",
        less_is_better: true,
        limit: &[],
        tickline: ("decode", "ns_per_message"),
        rival: &[("ns_per_message", "ns_per_message", "")],
    },
];

impl Comparison {
    /// Of a report; only the placement of the report is in it.
    pub fn of(report: &Report) -> Comparison {
        let mut rivals: Vec<String> = Vec::new();
        for measured in report.selected.figures.iter().filter(|it| it.key.0 == "peers") {
            let name = measured.key.1.split('/').next().unwrap_or_default();
            if !rivals.iter().any(|known| known == name) {
                rivals.push(name.to_owned());
            }
        }
        let level = |part: &str, key: &str| Some(report.figure(part, key)?.level());
        let row = |kind: &Kind| {
            let limits = kind.limit.iter().filter_map(|key| level("limit", key));
            let limit = match kind.less_is_better {
                true => limits.min_by(f64::total_cmp),
                false => limits.max_by(f64::total_cmp),
            };
            let (part, key) = kind.tickline;
            let rivalled = |name: &String| {
                kind.rival.iter().find_map(|(theirs, ours, at)| {
                    let its = level("peers", &format!("{name}/{theirs}"))?;
                    let ratio = level(part, ours).map(|tickline| its / tickline);
                    Some(Rivalled { level: its, ratio, at })
                })
            };
            Row {
                title: kind.title,
                less_is_better: kind.less_is_better,
                limit,
                tickline: level(part, key),
                rivals: rivals.iter().map(rivalled).collect(),
                unit: Unit::of(key),
                percentile: part == "ring",
            }
        };
        let rows: Vec<Row> = KINDS.iter().map(row).filter(Row::compares).collect();
        Comparison { rivals, rows }
    }

    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The headings of the columns: what is compared.
    pub fn headings(&self) -> Vec<String> {
        let titles = self.rows.iter().map(|row| row.title.to_owned());
        std::iter::once(String::new()).chain(titles).collect()
    }

    /// The limit, tickline and every rival, one a line; behind each figure its ratio to tickline's.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let columns: Vec<Vec<String>> = self.rows.iter().map(Row::cells).collect();
        let names = ["limit", "tickline"].into_iter().chain(self.rivals.iter().map(String::as_str));
        let line = |(at, name): (usize, &str)| {
            let cells = columns.iter().map(|column| column[at].clone());
            std::iter::once(name.to_owned()).chain(cells).collect()
        };
        names.enumerate().map(line).collect()
    }

    /// A table that may be pasted into a README.
    pub fn text(&self) -> String {
        let mut rows = vec![self.headings()];
        rows.extend(self.lines());
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..rows[0].len()).map(|at| width(at).max(3)).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:<width$} |"));
            format!("|{}\n", cells.collect::<String>())
        };
        let rule: String =
            widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
        let mut lines = rows.iter().map(line);
        let headings = lines.next().unwrap_or_default();
        format!("{headings}|{rule}\n{}", lines.collect::<String>())
    }
}

impl Row {
    /// Whether there is more than one figure.
    fn compares(&self) -> bool {
        let rivals = self.rivals.iter().flatten().count();
        usize::from(self.limit.is_some()) + usize::from(self.tickline.is_some()) + rivals > 1
    }

    /// A figure of this row for people.
    pub fn print(&self, level: f64) -> String {
        match self.unit {
            // Whole nanoseconds.
            Unit::Nanos if self.percentile => nanos(level as u64),
            unit => unit.print(level),
        }
    }

    /// The limit's figure, tickline's and those of the rivals, with their ratios to tickline's.
    pub fn cells(&self) -> Vec<String> {
        let limit = self.limit.map(|level| Rivalled {
            level,
            ratio: self.tickline.map(|tickline| level / tickline),
            at: "",
        });
        let tickline = self.tickline.map(|level| Rivalled { level, ratio: None, at: "" });
        let all = [limit, tickline].into_iter().chain(self.rivals.iter().copied());
        let print = |figure: Option<Rivalled>| match figure {
            None => "-".to_owned(),
            Some(Rivalled { level, ratio, at }) => {
                let ratio = ratio.map(|ratio| format!(" ({})", times(ratio)));
                format!("{}{at}{}", self.print(level), ratio.unwrap_or_default())
            }
        };
        all.map(print).collect()
    }
}

/// `1.3 x`.
fn times(ratio: f64) -> String {
    let decimals = match ratio {
        ..0.1 => 4,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{ratio:.decimals$} x")
}
