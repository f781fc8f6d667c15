//! `--html`: runs as one page with charts, to keep and to pass on.
//!
//! The page needs nothing else. What is drawn stands in a table too, and what the table of
//! percentiles says is what `--json` prints, number by number.

use std::collections::{BTreeMap, BTreeSet};

use hdrhistogram::Histogram;
use serde_json::Value;

use super::percentile::Percentile;
use super::run::Run;
use crate::page::{self, Page, Table, section};
use crate::table::Timing;

mod scale;

mod chart;

mod histogram;
mod percentiles;
mod stages;
mod timeline;

mod facts;
mod sla;
mod spikes;
mod terms;

pub use sla::{NoStageForSla, Sla, check};

use chart::{Hides, legend};
use sla::Judged;

/// What to put on a page.
pub struct Report<'a> {
    /// The runs.
    pub runs: Vec<&'a Run>,
    /// The rows that `--json` prints of them.
    pub rows: &'a [Value],
    /// The percentiles in these rows.
    pub percentiles: &'a [Percentile],
    /// What was promised.
    pub slas: &'a [Sla],
    /// How runs compare with those that stand first, in words.
    pub comparison: Option<&'a str>,
}

/// What all parts of the page look at.
struct Contents<'a> {
    runs: &'a [&'a Run],
    /// How a run is called here: no two alike.
    names: Vec<String>,
    /// The stages of all runs.
    stages: Vec<String>,
    /// What was recorded, by number of run and stage.
    sums: BTreeMap<(usize, usize), Histogram<u64>>,
    /// Each limit, held against each run.
    judged: Vec<(usize, Judged<'a>)>,
}

impl<'a> Contents<'a> {
    fn new(report: &'a Report<'a>) -> Contents<'a> {
        let runs = &report.runs;
        let mut stages: Vec<String> =
            runs.iter().flat_map(|run| run.stages.keys().cloned()).collect();
        stages.sort();
        stages.dedup();
        let mut sums = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            for (place, name) in stages.iter().enumerate() {
                if let Some(stage) = run.stages.get(name) {
                    sums.insert((at, place), stage.sum());
                }
            }
        }
        let names = runs.iter().enumerate().map(|(at, run)| match runs.len() {
            1 => run.title.clone(),
            _ => format!("{}: {}", at + 1, run.title),
        });
        let judged = runs.iter().enumerate().flat_map(|(at, run)| {
            let judged = report.slas.iter().flat_map(|sla| sla.judge(run));
            judged.map(move |judged| (at, judged))
        });
        Contents { runs, names: names.collect(), stages, sums, judged: judged.collect() }
    }

    /// Number of run, number of stage, and what was recorded.
    fn sums(&self) -> impl Iterator<Item = (usize, usize, &Histogram<u64>)> {
        self.sums.iter().map(|((run, stage), sum)| (*run, *stage, sum))
    }

    /// A colour and a dash: a run's own, or a stage's where there is one run only.
    fn look(&self, run: usize, stage: usize) -> (usize, usize) {
        let number = if self.runs.len() == 1 { stage } else { run };
        (number, number)
    }

    /// `total (due time)`: the name of a stage, and from when its time counts.
    fn stage_title(&self, stage: usize) -> String {
        let name = &self.stages[stage];
        let runs = self.runs.iter().filter(|run| run.stages.contains_key(name));
        let times = runs.filter_map(|run| Timing::of(name, run.is_paced()));
        let times: BTreeSet<Timing> = times.collect();
        let times: Vec<_> = times.into_iter().map(Timing::name).collect();
        match times.is_empty() {
            true => name.clone(),
            false => format!("{name} ({} time)", times.join(" and ")),
        }
    }

    /// The title of a chart that shows one stage of one run.
    fn title(&self, what: &str, run: usize, stage: usize) -> String {
        let name = &self.stages[stage];
        let time = Timing::of(name, self.runs[run].is_paced());
        let time = time.map_or_else(String::new, |time| format!(" ({} time)", time.name()));
        let of = match self.runs.len() {
            1 => String::new(),
            _ => format!(", {}", self.names[run]),
        };
        format!("{what}: {name}{time}{of}")
    }
}

/// The file.
pub fn page(report: &Report<'_>) -> String {
    let contents = Contents::new(report);
    let charts = |charts: Vec<chart::Chart>| {
        let figures: String = charts.iter().map(chart::Chart::print).collect();
        match charts.len() {
            1 => figures,
            _ => format!("<div class=\"charts\">\n{figures}</div>\n"),
        }
    };
    let mut content = facts::head(&contents);
    content += &toolbar(&contents);
    let mut part = |id: &str, heading: &str, inner: String| {
        if !inner.is_empty() {
            content += &section(id, heading, &inner);
        }
    };
    part("limits", "Limits", limits(&contents));
    let table = percentiles::table(&contents, report.rows, report.percentiles);
    let data = page::data_block("percentiles-json", &Value::from(report.rows.to_vec()));
    part("percentiles", "Percentiles", table + &mixed(&contents) + &data);
    part("by-percentiles", "Percentile charts", charts(percentiles::charts(&contents)));
    part("comparison", "Comparison", comparison(report.comparison));
    part("over-time", "Over time", charts(timeline::charts(&contents)));
    part("histograms", "Histograms", charts(histogram::charts(&contents)));
    part("stages", "Stages", stages::figure(&contents));
    part("spikes", "Spikes", spikes::tables(&contents));
    part("settings", "Settings, machine and counts", facts::tables(&contents));
    part("terms", "What the words mean", terms::list(&contents));
    let title = match report.runs.as_slice() {
        [run] => format!("Latency: {}", run.title),
        runs => format!("Latency of {} logs", runs.len()),
    };
    let (style, script) = (include_str!("html/report.css"), include_str!("html/report.js"));
    Page { title: &title, style, script, content: &content }.print()
}

/// Which limits were met.
fn limits(contents: &Contents<'_>) -> String {
    if contents.judged.is_empty() {
        return String::new();
    }
    let row = |(run, judged): &(usize, Judged<'_>)| {
        let found = judged.found_ns.map_or("-".to_owned(), crate::table::nanos);
        let verdict = page::Cell {
            attributes: match judged.is_met() {
                Some(false) => " data-verdict=\"missed\"".to_owned(),
                Some(true) => " data-verdict=\"met\"".to_owned(),
                None => String::new(),
            },
            ..page::Cell::words(judged.text())
        };
        let run = page::Cell::words(contents.names[*run].clone());
        let stage = page::Cell::words(judged.stage);
        [page::Cell::words(judged.sla.text()), run, stage, found.into(), verdict]
            .into_iter()
            .collect()
    };
    let headings = ["limit", "run", "stage", "measured", "verdict"].map(page::Cell::words);
    Table {
        caption: "What was promised, and whether it was kept",
        headings: headings.into(),
        rows: contents.judged.iter().map(row).collect(),
        sortable: true,
    }
    .print()
}

/// Times of different kinds in one stage do not compare.
fn mixed(contents: &Contents<'_>) -> String {
    let several = |stage: &&String| {
        let of = contents.runs.iter().filter(|run| run.stages.contains_key(*stage));
        let times = of.filter_map(|run| Timing::of(stage, run.is_paced()));
        times.collect::<BTreeSet<_>>().len() > 1
    };
    let warn = |stage: &String| {
        format!(
            "{stage} counts from when a message was due in some of these runs, and from when the \
             work began, or from nobody knows when, in others: do not compare them with each other."
        )
    };
    page::warnings(contents.stages.iter().filter(several).map(warn))
}

fn comparison(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| {
        format!(
            "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"comparison\">\
             <pre>{}</pre></div>\n",
            page::escaped(text)
        )
    })
}

/// What the script turns into switches, and the legend without it.
fn toolbar(contents: &Contents<'_>) -> String {
    let boxes = |name: &str, kind: &str, names: &[String]| {
        if names.len() < 2 {
            return String::new();
        }
        let each = |(at, name): (usize, &String)| {
            format!(
                "<label><input type=\"checkbox\" checked data-toggle=\"{kind}-{at}\">{}</label>\n",
                page::escaped(name)
            )
        };
        let each: String = names.iter().enumerate().map(each).collect();
        format!("<fieldset>\n<legend>{name}</legend>\n{each}</fieldset>\n")
    };
    let toggles = boxes("stages shown", "stage", &contents.stages)
        + &boxes("runs shown", "run", &contents.names);
    let legend = match contents.runs.len() {
        1 => String::new(),
        _ => legend(contents.names.iter().enumerate().map(|(run, name)| {
            (&**name, contents.look(run, 0), Hides { run: Some(run), stage: None })
        })),
    };
    format!("{legend}<div class=\"toolbar\" hidden>\n{toggles}</div>\n")
}

#[cfg(test)]
mod tests;
