//! The report as one HTML file: no script, nothing from elsewhere, light and dark.

use std::fmt::Write;

use super::comparison::{Comparison, Row};
use super::report::text::{HEADINGS, cells, parts, title};
use super::report::{Report, Unit};

const TEMPLATE: &str = include_str!("html.html");

/// The file.
pub fn page(report: &Report) -> String {
    let facts: Vec<_> =
        report.facts().into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect();
    let tables = parts(report).into_iter().map(|part| section(part, &part_table(report, part)));
    let costs: Vec<_> = report.costs().into_iter().collect();
    let costs: Vec<_> =
        costs.into_iter().map(|(what, ns)| vec![what.to_owned(), Unit::Nanos.print(ns)]).collect();
    let failures =
        report.failures.iter().map(|it| format!("{}, {}: {}", it.part, it.what, it.reason));
    let pieces = [
        ("{{environment}}", table("where and on what this was measured", &[], &facts)),
        (
            "{{comparison}}",
            comparison(&report.comparison(), &report.selected.placement.to_string()),
        ),
        ("{{parts}}", tables.collect()),
        (
            "{{costs}}",
            match costs.is_empty() {
                true => String::new(),
                false => section(
                    "where the time of a message goes",
                    &table("ns a message", &["", "time"], &costs),
                ),
            },
        ),
        ("{{failures}}", list("not measured", failures)),
        ("{{warnings}}", list("warnings", report.environment.warnings.iter().cloned())),
    ];
    // Piece by piece from the front: what stands in a piece is never taken for a place of another.
    let (mut page, mut rest) = (String::new(), TEMPLATE);
    for (place, piece) in pieces {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page += before;
        page += &piece;
        rest = after;
    }
    page + rest
}

/// Text as HTML writes it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            _ => escaped.push(c),
        }
    }
    escaped
}

fn section(heading: &str, content: &str) -> String {
    let id = heading.replace(' ', "-");
    let (id, heading) = (escaped(&id), escaped(heading));
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n"
    )
}

fn table(caption: &str, headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n\
         <table>\n<caption>{0}</caption>\n",
        escaped(caption)
    );
    // Writing into a String cannot fail.
    if !headings.is_empty() {
        let cells = headings.iter().map(|it| format!("<th scope=\"col\">{}</th>", escaped(it)));
        let _ = writeln!(html, "<thead><tr>{}</tr></thead>", cells.collect::<String>());
    }
    html += "<tbody>\n";
    for row in rows {
        let cells = row.iter().enumerate().map(|(at, cell)| match at {
            0 => format!("<th scope=\"row\">{}</th>", escaped(cell)),
            _ => format!("<td>{}</td>", escaped(cell)),
        });
        let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
    }
    html + "</tbody>\n</table>\n</div>\n"
}

fn part_table(report: &Report, part: &str) -> String {
    let measured = report.selected.figures.iter().filter(|it| it.key.0 == part);
    let rows: Vec<Vec<String>> =
        measured.map(|it| std::iter::once(title(it)).chain(cells(it)).collect()).collect();
    table("medians over the rounds; a number stands in the first column", &HEADINGS, &rows)
}

fn list(heading: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("<li>{}</li>\n", escaped(&line))).collect();
    match lines.is_empty() {
        true => String::new(),
        false => section(heading, &format!("<ul class=\"warnings\">\n{lines}</ul>\n")),
    }
}

fn comparison(comparison: &Comparison, placement: &str) -> String {
    if comparison.is_empty() {
        return String::new();
    }
    let bars: String = comparison.rows.iter().map(|row| figure(row, &comparison.rivals)).collect();
    let headings = comparison.headings();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let caption = format!("cores {placement}; in brackets: how many times tickline's figure");
    section("comparison", &(bars + &table(&caption, &headings, &comparison.lines())))
}

/// Columns of a chart: names, bars, figures.
const NAMES: f64 = 130.0;
const BARS: f64 = 430.0;
const FIGURES: f64 = 150.0;

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
    let width = NAMES + BARS + FIGURES;
    let mut html = format!(
        "<figure>\n<figcaption>{title}</figcaption>\n\
         <svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    for (at, (name, level, class, pace)) in bars.iter().enumerate() {
        let (top, length) = (at as f64 * BAR_HEIGHT, (length(*level) * BARS).max(1.0));
        let (middle, end) = (top + 16.0, NAMES + length + 6.0);
        let value = escaped(&format!("{}{pace}", row.print(*level)));
        // Writing into a String cannot fail.
        let _ = writeln!(
            html,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{NAMES}\" y=\"{}\" width=\"{length:.1}\" height=\"16\"/>\
             <text x=\"{end:.1}\" y=\"{middle}\">{value}</text>",
            NAMES - 8.0,
            escaped(name),
            top + 4.0,
        );
    }
    html + "</svg>\n</figure>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::report;

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
        for outside in ["http:", "https:", "//", "<script", "<link", "url(", "@import", "{{"] {
            assert!(!page.contains(outside), "{outside}");
        }
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
        assert!(page.contains("&lt;script&gt;{{parts}}") && !page.contains("<script"));
    }

    #[test]
    fn every_element_is_closed() {
        let page = page(&report());
        for element in
            ["section", "table", "tbody", "tr", "td", "svg", "figure", "ul", "div", "text"]
        {
            let opened = page.matches(&format!("<{element}>")).count()
                + page.matches(&format!("<{element} ")).count();
            assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
        }
    }
}
