//! A chart: lines over rows, drawn twice (logarithmic and even) and told once more as a table.
//!
//! Everything that is drawn stands in the table; the script reads it there. Text keeps its size at
//! any width of the window: places along x are percentages, and only the lines are stretched.

use std::fmt::Write;

use super::scale::{Scale, Unit};
use crate::page::{Cell, Row, Table, escaped};

/// Lines are drawn in a field of this width, stretched to that of the window.
const FIELD: f64 = 1000.0;
/// So many rows are far enough apart for a dot each.
const DOTS_MAX: usize = 60;

/// A chart.
pub struct Chart {
    /// Unique in the page: letters, digits and `-`.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What must be known to read it.
    pub notes: Vec<String>,
    /// What hides it.
    pub hides: Hides,
    /// Height of the field, in pixels.
    pub height: f64,
    /// What the first column of the table holds.
    pub of: &'static str,
    /// Values along x.
    pub rows: Vec<Place>,
    /// What is named along x.
    pub ticks: Vec<Tick>,
    /// What y counts.
    pub unit: Unit,
    /// Whether y is even at first.
    pub is_even_first: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// What stands out.
    pub marks: Vec<Mark>,
}

/// What a reader may leave out; numbers of the page's own lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hides {
    /// Belongs to this stage.
    pub stage: Option<usize>,
    /// Belongs to this run.
    pub run: Option<usize>,
}

/// A row of the chart along x, from 0 at the start to 1 at the end.
pub struct Place {
    /// Its middle.
    pub x: f64,
    /// Where it begins and ends.
    pub span: (f64, f64),
    /// Names it.
    pub label: String,
}

/// A name along x.
pub struct Tick {
    /// Where.
    pub x: f64,
    /// The name.
    pub label: String,
    /// Left out where there is little room.
    pub is_minor: bool,
}

/// One line.
pub struct Line {
    /// Names it.
    pub name: String,
    /// Which of the colours; then which of the dashes.
    pub look: (usize, usize),
    /// What hides it.
    pub hides: Hides,
    /// Whether it goes in steps, from where a row begins to where it ends.
    pub is_steps: bool,
    /// One a row.
    pub points: Vec<Option<Point>>,
}

/// A value of a line.
#[derive(Clone)]
pub struct Point {
    /// Its height.
    pub y: f64,
    /// The exact number for the table.
    pub value: u64,
    /// The number for people.
    pub text: String,
}

impl Point {
    /// A time.
    pub fn nanos(ns: u64) -> Point {
        Point { y: ns as f64, value: ns, text: crate::table::nanos(ns) }
    }
}

/// Something to look at.
pub enum Mark {
    /// A moment, as a line from top to bottom.
    At {
        /// Where along x.
        x: f64,
        /// What happened.
        text: String,
    },
    /// A limit that lines have to stay under up to there.
    Limit {
        /// Where along x it ends.
        x: f64,
        /// How high it lies.
        y: f64,
        /// What it says.
        text: String,
    },
}

impl Hides {
    /// As attributes of an element.
    pub fn attributes(self) -> String {
        let attribute = |name: &str, number: Option<usize>| {
            number.map_or_else(String::new, |number| format!(" data-{name}=\"{number}\""))
        };
        attribute("stage", self.stage) + &attribute("run", self.run)
    }
}

/// The look as classes.
pub fn classes((colour, dash): (usize, usize)) -> String {
    format!("c{} d{}", colour % 8, dash % 4)
}

/// Lines beside their names.
pub fn legend<'a>(lines: impl Iterator<Item = (&'a str, (usize, usize), Hides)>) -> String {
    let item = |(name, look, hides): (&str, _, Hides)| {
        format!(
            "<li{}><svg class=\"swatch\" width=\"28\" height=\"10\" aria-hidden=\"true\">\
             <line class=\"line {}\" x1=\"0\" x2=\"28\" y1=\"5\" y2=\"5\"/></svg>{}</li>\n",
            hides.attributes(),
            classes(look),
            escaped(name)
        )
    };
    format!("<ul class=\"legend\">\n{}</ul>\n", lines.map(item).collect::<String>())
}

impl Chart {
    /// The figure.
    pub fn print(&self) -> String {
        let (id, title) = (&self.id, escaped(&self.title));
        let mut html = format!(
            "<figure class=\"chart\" id=\"{id}\"{}>\n<figcaption id=\"{id}-title\">{title}\
             </figcaption>\n",
            self.hides.attributes()
        );
        for note in &self.notes {
            html += &format!("<p class=\"note\">{}</p>\n", escaped(note));
        }
        if self.lines.iter().all(|line| line.points.iter().all(Option::is_none)) {
            return html + "<p>Nothing was recorded.</p>\n</figure>\n";
        }
        html += &self.switch();
        if self.lines.len() > 1 {
            html += &legend(self.lines.iter().map(|line| (&*line.name, line.look, line.hides)));
        }
        html += "<div class=\"plot\">\n";
        html += &self.field("log", &Scale::log(self.heights()));
        html += &self.field("even", &Scale::linear(self.heights()));
        html += "</div>\n";
        html + &self.table() + "</figure>\n"
    }

    /// Chooses between the two scales, without any script.
    fn switch(&self) -> String {
        let radio = |value: &str, name: &str, is_first: bool| {
            let checked = if is_first { " checked" } else { "" };
            format!(
                "<label><input type=\"radio\" name=\"{}-scale\" value=\"{value}\"{checked}>\
                 {name}</label>\n",
                self.id
            )
        };
        format!(
            "<fieldset class=\"switch\">\n<legend>vertical scale</legend>\n{}{}</fieldset>\n",
            radio("log", "logarithmic", !self.is_even_first),
            radio("even", "even", self.is_even_first),
        )
    }

    fn heights(&self) -> impl Iterator<Item = f64> {
        let points = self.lines.iter().flat_map(|line| line.points.iter().flatten());
        let limits = self.marks.iter().filter_map(|mark| match mark {
            Mark::Limit { y, .. } => Some(*y),
            Mark::At { .. } => None,
        });
        points.map(|point| point.y).chain(limits)
    }

    /// The chart on one of the scales.
    fn field(&self, class: &str, scale: &Scale) -> String {
        let (id, height) = (&self.id, self.height);
        let mut svg = format!(
            "<svg class=\"field {class}\" role=\"img\" aria-labelledby=\"{id}-title\" \
             width=\"100%\" height=\"{height}\">\n"
        );
        svg += &self.grid(scale);
        let _ = writeln!(
            svg,
            "<svg viewBox=\"0 0 {FIELD} {height}\" preserveAspectRatio=\"none\" width=\"100%\" \
             height=\"{height}\">"
        );
        self.marks.iter().for_each(|mark| svg += &self.limit(mark, scale));
        self.lines.iter().for_each(|line| svg += &self.line(line, scale));
        svg += "</svg>\n";
        self.lines.iter().for_each(|line| svg += &self.dots(line, scale));
        self.marks.iter().for_each(|mark| svg += &self.mark(mark, scale));
        svg + "</svg>\n"
    }

    /// Height in pixels from the top.
    fn y(&self, value: f64, scale: &Scale) -> String {
        short((1.0 - scale.place(value)) * self.height)
    }

    // Writing into a String cannot fail.
    fn grid(&self, scale: &Scale) -> String {
        let mut svg = String::from("<g class=\"grid\">\n");
        for value in scale.ticks() {
            let (y, name) = (self.y(value, scale), escaped(&self.unit.name(value)));
            let _ = writeln!(
                svg,
                "<line x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>\
                 <text x=\"-8\" y=\"{y}\" dy=\"4\" text-anchor=\"end\">{name}</text>"
            );
        }
        for Tick { x, label, is_minor } in &self.ticks {
            let anchor = match x {
                _ if *x < 0.02 => "start",
                _ if *x > 0.98 => "end",
                _ => "middle",
            };
            let class = if *is_minor { " class=\"minor\"" } else { "" };
            let (x, label) = (short(x * 100.0), escaped(label));
            let _ = writeln!(
                svg,
                "<line x1=\"{x}%\" x2=\"{x}%\" y1=\"0\" y2=\"{0}\"/><text{class} x=\"{x}%\" \
                 y=\"{1}\" text-anchor=\"{anchor}\">{label}</text>",
                self.height,
                self.height + 18.0
            );
        }
        svg + "</g>\n"
    }

    fn line(&self, line: &Line, scale: &Scale) -> String {
        let (mut path, mut is_down) = (String::new(), false);
        for (place, point) in self.rows.iter().zip(&line.points) {
            let Some(point) = point else {
                is_down = false;
                continue;
            };
            let y = self.y(point.y, scale);
            let x = |place: f64| short(place * FIELD);
            let first = if line.is_steps { place.span.0 } else { place.x };
            let _ = write!(path, "{}{} {y}", if is_down { 'L' } else { 'M' }, x(first));
            if line.is_steps {
                let _ = write!(path, "H{}", x(place.span.1));
            }
            is_down = true;
        }
        let attributes = line.hides.attributes();
        // What stands alone needs no dashes, and has room for its area.
        if line.is_steps && self.lines.len() == 1 {
            let classes = classes((line.look.0, 0));
            return format!(
                "<path class=\"area {classes}\"{attributes} d=\"{path}V{height}H0Z\"/>\n\
                 <path class=\"line {classes}\"{attributes} d=\"{path}\"/>\n",
                height = self.height
            );
        }
        let classes = classes(line.look);
        format!("<path class=\"line {classes}\"{attributes} d=\"{path}\"/>\n")
    }

    /// A dot where a line is a single point, or where there are few points.
    fn dots(&self, line: &Line, scale: &Scale) -> String {
        if line.is_steps {
            return String::new();
        }
        let there = |at: usize| line.points.get(at).is_some_and(Option::is_some);
        let few = self.rows.len() <= DOTS_MAX;
        let mut dots = String::new();
        for (at, (place, point)) in self.rows.iter().zip(&line.points).enumerate() {
            let is_alone = !there(at + 1) && !there(at.wrapping_sub(1));
            let Some(point) = point.as_ref().filter(|_| few || is_alone) else { continue };
            let (x, y) = (short(place.x * 100.0), self.y(point.y, scale));
            let _ = write!(dots, "<circle cx=\"{x}%\" cy=\"{y}\" r=\"2.5\"/>");
        }
        match dots.is_empty() {
            true => String::new(),
            false => format!(
                "<g class=\"dot {}\"{}>{dots}</g>\n",
                classes(line.look),
                line.hides.attributes()
            ),
        }
    }

    fn limit(&self, mark: &Mark, scale: &Scale) -> String {
        let Mark::Limit { x, y, .. } = mark else { return String::new() };
        let (x, y) = (short(x * FIELD), self.y(*y, scale));
        format!("<path class=\"limit-line\" d=\"M0 {y}H{x}V0\"/>\n")
    }

    fn mark(&self, mark: &Mark, scale: &Scale) -> String {
        let (x, text) = match mark {
            Mark::At { x, text } | Mark::Limit { x, text, .. } => (*x, escaped(text)),
        };
        let (anchor, shift) = if x > 0.5 { ("end", "-6") } else { ("start", "6") };
        let place = short(x * 100.0);
        match mark {
            Mark::At { .. } => format!(
                "<line class=\"worst\" x1=\"{place}%\" x2=\"{place}%\" y1=\"0\" y2=\"{}\"/>\
                 <text class=\"halo\" x=\"{place}%\" y=\"-6\" dx=\"{shift}\" \
                 text-anchor=\"{anchor}\">{text}</text>\n",
                self.height
            ),
            Mark::Limit { y, .. } => format!(
                "<text class=\"halo limit-text\" x=\"{place}%\" y=\"{}\" dy=\"-6\" dx=\"{shift}\" \
                 text-anchor=\"{anchor}\">{text}</text>\n",
                self.y(*y, scale)
            ),
        }
    }

    fn table(&self) -> String {
        let heading = |line: &Line| Cell {
            attributes: line.hides.attributes(),
            ..Cell::from(line.name.clone())
        };
        let headings = [Cell::from(self.of)].into_iter();
        let headings = headings.chain(self.lines.iter().map(heading)).collect();
        let row = |(at, place): (usize, &Place)| {
            let cell = |line: &Line| match &line.points[at] {
                Some(point) => Cell::exact(point.text.clone(), point.value),
                None => Cell::from("-"),
            };
            let label = Cell::from(place.label.clone());
            let mut row: Row = [label].into_iter().chain(self.lines.iter().map(cell)).collect();
            row.attributes = format!(" data-x=\"{}\"", short(place.x * 100.0));
            row
        };
        let rows = self.rows.iter().enumerate().map(row).collect();
        let table = Table { caption: &self.title, headings, rows, sortable: false }.print();
        format!(
            "<details class=\"figures\">\n<summary>figures of this chart</summary>\n{table}</details>\n"
        )
    }
}

/// A number with at most two decimals.
pub fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
