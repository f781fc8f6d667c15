//! The report as one HTML file: nothing from elsewhere, light and dark.

use std::fmt::Write;

use super::comparison::{Comparison, Row};
use super::report::text::{HEADINGS, cells, parts, title};
use super::report::{Report, Unit};
use crate::page::{self, Cell, Page, Table, escaped, section};

/// The file.
pub fn page(report: &Report) -> String {
    let fact = |(what, value): (&str, String)| [Cell::words(what), Cell::words(value)];
    let facts = Table {
        caption: "where and on what this was measured",
        rows: report.facts().into_iter().map(|it| fact(it).into_iter().collect()).collect(),
        ..Table::default()
    };
    let mut content = section("environment", "Environment", &facts.print());
    let warnings = page::warnings(report.environment.warnings.iter().cloned());
    if !warnings.is_empty() {
        content += &section("warnings", "Warnings", &warnings);
    }
    content += &comparison(&report.comparison(), &report.selected.placement.to_string());
    for part in parts(report) {
        content += &section(&format!("part-{part}"), part, &part_table(report, part));
    }
    let costs: Vec<_> = report.costs().into_iter().collect();
    let costs: Vec<_> =
        costs.into_iter().map(|(what, ns)| vec![what.to_owned(), Unit::Nanos.print(ns)]).collect();
    if !costs.is_empty() {
        let costs = table("ns a message", &["", "time"], &costs);
        content += &section("costs", "Where the time of a message goes", &costs);
    }
    let failures =
        report.failures.iter().map(|it| format!("{}, {}: {}", it.part, it.what, it.reason));
    let failures = page::warnings(failures);
    if !failures.is_empty() {
        content += &section("failures", "Not measured", &failures);
    }
    let style = include_str!("html.css");
    Page { title: "tickline bench", style, script: "", content: &content }.print()
}

fn table(caption: &str, headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings = headings.iter().map(|it| (*it).into()).collect();
    let rows = rows.iter().map(|row| row.iter().cloned().collect()).collect();
    Table { caption, headings, rows, sortable: false }.print()
}

fn part_table(report: &Report, part: &str) -> String {
    let measured = report.selected.figures.iter().filter(|it| it.key.0 == part);
    let rows: Vec<Vec<String>> =
        measured.map(|it| std::iter::once(title(it)).chain(cells(it)).collect()).collect();
    table("medians over the rounds; a number stands in the first column", &HEADINGS, &rows)
}

fn comparison(comparison: &Comparison, placement: &str) -> String {
    if comparison.is_empty() {
        return String::new();
    }
    let bars: String = comparison.rows.iter().map(|row| figure(row, &comparison.rivals)).collect();
    let headings = comparison.headings();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let caption = format!("cores {placement}; in brackets: how many times tickline's figure");
    let content = bars + &table(&caption, &headings, &comparison.lines());
    section("comparison", "Comparison", &content)
}

/// Of one bar, in pixels.
const BAR_HEIGHT: f64 = 24.0;

/// One row of the comparison as bars.
fn figure(row: &Row, rivals: &[String]) -> String {
    let fixed = [("limit", row.limit, "limit", ""), ("tickline", row.tickline, "own", "")];
    let others = row.rivals.iter().zip(rivals).map(|(rival, name)| {
        let at = rival.as_ref().map_or("", |rival| rival.at);
        (name.as_str(), rival.as_ref().map(|rival| rival.level), "rival", at)
    });
    let bars: Vec<_> = fixed
        .into_iter()
        .chain(others)
        .filter_map(|(name, level, class, at)| Some((name, level?, class, at)))
        .collect();
    let levels = || bars.iter().map(|bar| bar.1);
    let (least, most) =
        (levels().fold(f64::INFINITY, f64::min), levels().fold(f64::MIN_POSITIVE, f64::max));
    // Latencies lie decades apart: their bars grow with the logarithm, from half of the least.
    let length = |level: f64| match row.less_is_better {
        true => {
            (level.max(1e-3) * 2.0 / least.max(1e-3)).ln() / (most * 2.0 / least.max(1e-3)).ln()
        }
        false => level / most,
    };
    let scale = if row.less_is_better {
        "logarithmic scale, shorter is better"
    } else {
        "longer is better"
    };
    let height = BAR_HEIGHT * bars.len() as f64;
    let title = escaped(&format!("{} ({scale})", row.title));
    // Text keeps its size at any width: only the bars are a part of it.
    let mut html = format!(
        "<figure>\n<figcaption>{title}</figcaption>\n<div class=\"bars\">\n\
         <svg role=\"img\" aria-label=\"{title}\" width=\"100%\" height=\"{height}\">\n"
    );
    for (at, (name, level, class, pace)) in bars.iter().enumerate() {
        let (top, length) = (at as f64 * BAR_HEIGHT, (length(*level) * 100.0).max(0.2));
        let middle = top + 16.0;
        let value = escaped(&format!("{}{pace}", row.print(*level)));
        // Writing into a String cannot fail.
        let _ = writeln!(
            html,
            "<text x=\"-8\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"0\" y=\"{}\" width=\"{length:.1}%\" height=\"16\"/>\
             <text x=\"{length:.1}%\" dx=\"6\" y=\"{middle}\">{value}</text>",
            escaped(name),
            top + 4.0,
        );
    }
    html + "</svg>\n</div>\n</figure>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::report;
    use crate::page::tests::{assert_alone, assert_well_formed};

    #[test]
    fn the_page_has_every_figure_and_nothing_from_elsewhere() {
        let report = report();
        let page = page(&report);
        for measured in &report.selected.figures {
            for cell in cells(measured) {
                assert!(page.contains(&escaped(&cell)), "{cell} of {:?}", measured.key);
            }
        }
        for row in report.comparison().rows {
            row.cells().iter().for_each(|cell| assert!(page.contains(&escaped(cell)), "{cell}"));
        }
        assert_alone(&page);
        assert_well_formed(&page);
        assert!(page.contains("prefers-color-scheme: dark") && page.contains("role=\"img\""));
        assert!(page.contains("other processes took"));
    }

    #[test]
    fn text_is_escaped() {
        let mut report = report();
        report.environment.cpu = "<b>&\"'".to_owned();
        report.environment.warnings = vec!["<script>{{parts}}".to_owned()];
        let page = page(&report);
        assert!(page.contains("&lt;b&gt;&amp;&quot;&#39;"));
        assert!(page.contains("&lt;script&gt;{{parts}}") && page.matches("<script").count() == 1);
    }
}
