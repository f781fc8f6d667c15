//! The screen: drawn from what was seen and what the person wants to see, and from nothing else.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Row, Table, TableState};
use tickline_shared::latency::Stage;

use super::app::App;
use super::columns::{Cell, Column, FEEDS, STRATEGIES, Tone, fitting};

mod page;

/// The keys and what they do.
const KEYS: [(&str, &str); 10] = [
    ("up down", "choose a strategy (also k j, Tab)"),
    ("Enter 1-9", "its page, and back"),
    ("left right", "stage: decode hop strategy total"),
    ("s", "sort by name, rec/s, lag, p99, lost"),
    ("p Space", "pause, and go on"),
    ("? h", "this help"),
    ("q Esc ^C", "quit (Esc: back, then quit)"),
    ("FILL LAG", "records that the slowest, this reader has not released"),
    ("FULL", "times the feed waited for a lossless reader"),
    ("BEAT", "since the last sign of life; past 500 ms: stalled"),
];

/// Rows of the charts below the tables; with fewer there are none.
const CHARTS_HEIGHT: u16 = 8;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let [title, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(title_line(app, title.width), title);
    match app.strategy().filter(|_| app.page) {
        Some(strategy) => page::draw(frame, body, strategy, app.stage),
        None => overview(frame, body, app),
    }
    if app.help {
        help(frame, area);
    }
}

fn title_line(app: &App, width: u16) -> Line<'static> {
    let left = format!(
        " tickline top  {} of {}",
        counted(app.view.rings.len(), "ring"),
        counted(app.strategies.len(), "strategy")
    );
    let state = if app.paused { "  PAUSED" } else { "" };
    let right = format!("stage {}  sort {}  ? help ", app.stage.name(), app.sort.name());
    let room = usize::from(width).saturating_sub(left.len() + state.len());
    let right = if room > right.len() { format!("{right:>room$}") } else { " ".repeat(room) };
    let style = Style::new().add_modifier(Modifier::REVERSED);
    let paused = style.fg(Color::Yellow).add_modifier(Modifier::BOLD);
    let spans = [Span::raw(left), Span::styled(state, paused), Span::raw(right)];
    Line::from(spans.to_vec()).style(style)
}

fn counted(count: usize, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

fn overview(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (rings, strategies) = (app.view.rings.len() as u16, app.strategies.len() as u16);
    let notes = app.view.notes.len() as u16;
    let tables = rings + 1 + notes + strategies.max(1) + 1;
    let charts = area.height.saturating_sub(tables + 2);
    let charts = if charts < CHARTS_HEIGHT || strategies == 0 { 0 } else { charts };
    // A low screen gives half of its rows to each table.
    let feeds = (rings + 1).min(area.height.div_ceil(2));
    let [top, said, _, middle, charts] = Layout::vertical([
        Constraint::Length(feeds),
        Constraint::Length(notes),
        Constraint::Length(u16::from(charts > 0)),
        Constraint::Min(0),
        Constraint::Length(charts),
    ])
    .areas(area);
    table(frame, top, &FEEDS, &app.view.rings, None, app.stage);
    let said_style = Style::new().fg(Color::Red);
    let notes: Vec<Line<'_>> = app.view.notes.iter().map(|note| Line::raw(note.as_str())).collect();
    frame.render_widget(Paragraph::new(notes).style(said_style), said);
    if app.strategies.is_empty() {
        frame.render_widget(Line::raw("no strategy is attached"), middle);
    } else {
        table(frame, middle, &STRATEGIES, &app.strategies, app.index(), app.stage);
    }
    if let Some(strategy) = app.strategy().filter(|_| charts.height > 0) {
        page::charts(frame, charts, strategy, app.stage);
    }
}

/// A table of as many columns as fit, with the cursor on a row.
fn table<T>(
    frame: &mut Frame<'_>,
    area: Rect,
    columns: &[Column<T>],
    rows: &[T],
    selected: Option<usize>,
    stage: Stage,
) {
    let columns = fitting(columns, area.width);
    let line = |column: &&Column<T>, text: String| {
        let line = Line::raw(text);
        if column.left { line.left_aligned() } else { line.right_aligned() }
    };
    let header = columns.iter().map(|column| line(column, column.title.to_owned()));
    let header = Row::new(header).style(Style::new().add_modifier(Modifier::BOLD));
    let rows = rows.iter().map(|row| {
        Row::new(columns.iter().map(|column| {
            let Cell { text, tone } = (column.cell)(row, stage);
            line(column, text).style(style(tone))
        }))
    });
    let widths: Vec<_> = columns.iter().map(|column| Constraint::Length(column.width)).collect();
    let chosen = Style::new().add_modifier(Modifier::REVERSED);
    let table = Table::new(rows, widths).header(header).row_highlight_style(chosen);
    let mut state = TableState::new().with_selected(selected);
    frame.render_stateful_widget(table, area, &mut state);
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Odd => Style::new().fg(Color::Yellow),
        Tone::Bad => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
    }
}

/// The keys, over everything else.
fn help(frame: &mut Frame<'_>, area: Rect) {
    let lines: Vec<Line<'_>> =
        KEYS.iter().map(|(key, what)| Line::raw(format!(" {key:<10}  {what}"))).collect();
    let (width, height) = (68.min(area.width), (KEYS.len() as u16 + 2).min(area.height));
    let area = area.centered(Constraint::Length(width), Constraint::Length(height));
    frame.render_widget(Clear, area);
    let block = ratatui::widgets::Block::bordered().title(" tickline top ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

#[cfg(test)]
mod tests;
