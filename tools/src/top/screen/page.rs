//! A strategy's own page: its counters, its percentiles, and the charts.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Sparkline};
use tickline_shared::latency::{BOUNDS_NS, Buckets, Stage};
use tickline_shared::summary::StageSummary;

use crate::table::nanos;
use crate::top::columns::{short, whole};
use crate::top::model::{Stages, Strategy};

/// Rows that both charts take at most: higher ones tell no more.
const HEIGHT_MAX: u16 = 24;

/// Draws the page.
pub fn draw(frame: &mut Frame<'_>, area: Rect, strategy: &Strategy, stage: Stage) {
    let facts = facts(strategy);
    let tables = [
        percentiles("last second", &strategy.last_second, stage, area.width),
        percentiles("since the start", &strategy.stages, stage, area.width),
    ];
    let rows = |lines: &[Line<'_>]| lines.len() as u16;
    let [top, last, _, start, _, rest] = Layout::vertical([
        Constraint::Length(rows(&facts)),
        Constraint::Length(rows(&tables[0])),
        Constraint::Length(1),
        Constraint::Length(rows(&tables[1])),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let [last_lines, start_lines] = tables;
    frame.render_widget(Paragraph::new(facts), top);
    frame.render_widget(Paragraph::new(last_lines), last);
    frame.render_widget(Paragraph::new(start_lines), start);
    charts(frame, rest, strategy, stage);
}

fn facts(strategy: &Strategy) -> Vec<Line<'static>> {
    let counts = &strategy.counts;
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), short);
    let head = format!(
        "{} on {}: {}, process {}, {} reader",
        strategy.name,
        strategy.ring,
        strategy.state.name(),
        strategy.pid,
        strategy.reader
    );
    let flow = format!(
        "{} records, {} a second, {} behind, {} lost in {} overruns",
        whole(counts.received),
        rate(strategy.received_per_second),
        whole(strategy.lag),
        whole(counts.lost),
        whole(counts.overruns)
    );
    let rest = format!(
        "parked {} times, {} a second, woken {} times, {} clamped, last sign of life {} ms ago",
        whole(counts.parks),
        rate(strategy.parks_per_second),
        whole(counts.wakeups),
        whole(counts.clamped),
        strategy.heartbeat_age_ms
    );
    let bold = Style::new().add_modifier(Modifier::BOLD);
    vec![Line::styled(head, bold), Line::raw(flow), Line::raw(rest), Line::raw("")]
}

/// A title, the headings, and a row a stage; as many columns as fit.
fn percentiles(title: &str, stages: &Stages, chosen: Stage, width: u16) -> Vec<Line<'static>> {
    const HEADINGS: [&str; 8] = ["p50", "p90", "p99", "p99.9", "p99.99", "max", "min", "count"];
    let columns = usize::from(width.saturating_sub(15) / 9).min(HEADINGS.len());
    let headings: String = HEADINGS[..columns].iter().map(|h| format!("{h:>9}")).collect();
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = vec![Line::styled(format!("{title:<15}{headings}"), bold)];
    for stage in Stage::ALL {
        let cells = cells(stages.stage(stage));
        let cells: String = cells[..columns].iter().map(|cell| format!("{cell:>9}")).collect();
        let style = if stage == chosen { Style::new().fg(Color::Cyan) } else { Style::new() };
        lines.push(Line::styled(format!("{:<15}{cells}", stage.name()), style));
    }
    lines
}

fn cells(stage: &StageSummary) -> [String; 8] {
    let StageSummary { count, min, p50, p90, p99, p99_9, p99_99, max, unit: _ } = *stage;
    let time = |ns| if count == 0 { "-".to_owned() } else { nanos(ns) };
    let [p50, p90, p99, p99_9, p99_99, max, min] =
        [p50, p90, p99, p99_9, p99_99, max, min].map(time);
    [p50, p90, p99, p99_9, p99_99, max, min, short(count as f64)]
}

/// p99 over time, and the histogram since the start; side by side where there is room.
pub fn charts(frame: &mut Frame<'_>, area: Rect, strategy: &Strategy, stage: Stage) {
    if area.height < 4 {
        return;
    }
    let area = Rect { height: area.height.min(HEIGHT_MAX), ..area };
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let [first, second] = match area.width >= 100 {
        true => Layout::horizontal(halves).spacing(2).areas(area),
        false => Layout::vertical(halves).areas(area),
    };
    over_time(frame, first, strategy, stage);
    histogram(frame, second, strategy, stage);
}

fn over_time(frame: &mut Frame<'_>, area: Rect, strategy: &Strategy, stage: Stage) {
    let width = usize::from(area.width);
    let from = strategy.history.len().saturating_sub(width);
    let values: Vec<u64> = strategy.history[from..].iter().map(|p99| p99[stage as usize]).collect();
    let highest = values.iter().copied().max().unwrap_or(0);
    let title = format!(
        "{} {}: p99 of each second, highest {}",
        strategy.name,
        stage.name(),
        nanos(highest)
    );
    let [head, chart] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    frame.render_widget(Line::styled(title, Style::new().add_modifier(Modifier::BOLD)), head);
    let chart_style = Style::new().fg(Color::Cyan);
    frame.render_widget(
        Sparkline::default().data(&values).max(highest.max(1)).style(chart_style),
        chart,
    );
}

fn histogram(frame: &mut Frame<'_>, area: Rect, strategy: &Strategy, stage: Stage) {
    let bars = bars(&strategy.buckets[stage as usize], area.width);
    let [head, chart, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    let title = format!("{} {}: since the start, log scale", strategy.name, stage.name());
    frame.render_widget(Line::styled(title, Style::new().add_modifier(Modifier::BOLD)), head);
    let chart_style = Style::new().fg(Color::Cyan);
    let sparkline = Sparkline::default().data(&bars.heights).max(bars.highest.max(1));
    frame.render_widget(sparkline.style(chart_style), chart);
    frame.render_widget(Line::raw(bars.axis), foot);
}

/// A histogram as columns of characters.
#[derive(PartialEq, Eq, Debug)]
struct Bars {
    /// The height of each column.
    heights: Vec<u64>,
    /// The highest.
    highest: u64,
    /// What stands below.
    axis: String,
}

/// The buckets from the first to the last that hold something, each so wide that all fit.
fn bars(buckets: &Buckets, width: u16) -> Bars {
    let width = usize::from(width);
    let first = buckets.counts.iter().position(|count| *count > 0);
    let last = buckets.counts.iter().rposition(|count| *count > 0);
    let (Some(first), Some(last)) = (first, last) else {
        return Bars { heights: Vec::new(), highest: 0, axis: "nothing so far".to_owned() };
    };
    // More buckets than columns: neighbours share one.
    let share = (last - first + 1).div_ceil(width.max(1));
    let groups: Vec<u64> = buckets.counts[first..=last]
        .chunks(share)
        .map(|group| height(group.iter().fold(0, |sum: u64, count| sum.saturating_add(*count))))
        .collect();
    let wide = (width / groups.len()).clamp(1, 6);
    let heights: Vec<u64> = groups.iter().flat_map(|h| std::iter::repeat_n(*h, wide)).collect();
    let highest = heights.iter().copied().max().unwrap_or(0);
    let bound = |bucket: usize| match BOUNDS_NS.get(bucket) {
        Some(ns) => nanos(*ns),
        None => "> 10 s".to_owned(),
    };
    let low = if first == 0 { "0".to_owned() } else { bound(first - 1) };
    let (middle, high) = (bound(first + (last - first) / 2), bound(last));
    let room = heights.len().max(24).saturating_sub(low.len() + high.len());
    let axis = format!("{low}{middle:^room$}{high}");
    Bars { heights, highest, axis }
}

/// 8 for one value, and 8 more whenever the count doubles.
fn height(count: u64) -> u64 {
    if count == 0 { 0 } else { 8 + (8.0 * (count as f64).log2()).round() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_fills_the_width_it_has() {
        let mut buckets = Buckets::default();
        assert_eq!(bars(&buckets, 40).heights, [0; 0]);
        buckets.add(55, 1);
        buckets.add(75, 4);
        let found = bars(&buckets, 12);
        assert_eq!(found.heights, [8, 8, 8, 8, 0, 0, 0, 0, 24, 24, 24, 24]);
        assert_eq!(found.axis, format!("50 ns{:^14}80 ns", "70 ns"));
        // Everything there may be, in a narrow place and none at all.
        buckets = Buckets { sum_ns: 0, counts: [u64::MAX; _] };
        for width in 0..200 {
            let found = bars(&buckets, width);
            assert!(found.heights.len() <= usize::from(width).max(1), "{width}");
        }
        assert!(bars(&buckets, 80).axis.ends_with("> 10 s"));
    }
}
