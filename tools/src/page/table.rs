//! A table of a page: it scrolls by itself where the window is narrow.

use std::fmt::Write;

use super::escaped;

/// A table.
#[derive(Default)]
pub struct Table<'a> {
    /// Says what it shows.
    pub caption: &'a str,
    /// One a column; none for a table without a heading.
    pub headings: Vec<Cell>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Whether a script may sort it.
    pub sortable: bool,
}

/// A row; its first cell names it.
#[derive(Default)]
pub struct Row {
    /// One a column.
    pub cells: Vec<Cell>,
    /// Attributes, written already.
    pub attributes: String,
}

/// A cell.
#[derive(Clone, Default)]
pub struct Cell {
    /// For people.
    pub text: String,
    /// The exact value, where the text is rounded.
    pub value: Option<u64>,
    /// Words rather than a figure.
    pub is_words: bool,
    /// Attributes, written already.
    pub attributes: String,
}

impl Cell {
    /// A figure with its exact value.
    pub fn exact(text: String, value: u64) -> Cell {
        Cell { text, value: Some(value), ..Cell::default() }
    }

    /// Words.
    pub fn words(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), is_words: true, ..Cell::default() }
    }

    fn print(&self, element: &str, scope: &str) -> String {
        let mut html = format!("<{element}");
        if !scope.is_empty() {
            // Writing into a String cannot fail.
            let _ = write!(html, " scope=\"{scope}\"");
        }
        if let Some(value) = self.value {
            let _ = write!(html, " data-value=\"{value}\"");
        }
        if self.is_words {
            html += " class=\"words\"";
        }
        html + &self.attributes + &format!(">{}</{element}>", escaped(&self.text))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, ..Cell::default() }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::from(text.to_owned())
    }
}

impl<C: Into<Cell>> FromIterator<C> for Row {
    fn from_iter<I: IntoIterator<Item = C>>(cells: I) -> Row {
        Row { cells: cells.into_iter().map(Into::into).collect(), attributes: String::new() }
    }
}

impl Table<'_> {
    /// The element.
    pub fn print(&self) -> String {
        let caption = escaped(self.caption);
        let class = match (self.sortable, self.headings.is_empty()) {
            (true, _) => " class=\"sortable\"",
            (false, true) => " class=\"facts\"",
            (false, false) => "",
        };
        let mut html = format!(
            "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n\
             <table{class}>\n<caption>{caption}</caption>\n"
        );
        // Writing into a String cannot fail.
        if !self.headings.is_empty() {
            let cells = self.headings.iter().map(|cell| cell.print("th", "col"));
            let _ = writeln!(html, "<thead><tr>{}</tr></thead>", cells.collect::<String>());
        }
        html += "<tbody>\n";
        for row in &self.rows {
            let cells = row.cells.iter().enumerate().map(|(at, cell)| match at {
                0 => cell.print("th", "row"),
                _ => cell.print("td", ""),
            });
            let _ = writeln!(html, "<tr{}>{}</tr>", row.attributes, cells.collect::<String>());
        }
        html + "</tbody>\n</table>\n</div>\n"
    }
}
