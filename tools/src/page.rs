//! What our HTML files share: head and colours, escaping, sections, tables, and how one is written.
//!
//! A page is one file that needs nothing else: its policy forbids every request, its script only
//! adds to what can be read without it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

mod table;

pub use table::{Cell, Row, Table};

const TEMPLATE: &str = include_str!("page/page.html");
const THEME: &str = include_str!("page/theme.css");
const LIGHT: &str = include_str!("page/light.css");
const DARK: &str = include_str!("page/dark.css");
const SCRIPT: &str = include_str!("page/page.js");

/// One HTML file.
pub struct Page<'a> {
    /// Of the window and above the text.
    pub title: &'a str,
    /// Rules that only this kind of page needs; they must not contain `</style`.
    pub style: &'a str,
    /// What only this kind of page does; it must not contain `</script`.
    pub script: &'a str,
    /// The content, escaped already.
    pub content: &'a str,
}

impl Page<'_> {
    /// The file.
    pub fn print(&self) -> String {
        let style = THEME.replace("{{light}}", LIGHT).replace("{{dark}}", DARK) + self.style;
        let script = format!("{SCRIPT}{}", self.script);
        let title = escaped(self.title);
        let pieces = [
            ("{{title}}", &*title),
            ("{{style}}", &*style),
            ("{{heading}}", &*title),
            ("{{content}}", self.content),
            ("{{script}}", &*script),
        ];
        // Piece by piece from the front: what stands in a piece is never taken for a place.
        let (mut page, mut rest) = (String::new(), TEMPLATE);
        for (place, piece) in pieces {
            let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
            page += before;
            page += piece;
            rest = after;
        }
        page + rest
    }
}

/// Text as HTML writes it, between tags and in attributes. Characters that HTML has no place for,
/// and those that turn the direction of what follows, become the sign for "unreadable".
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            _ if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// JSON as a block of data in a page: nothing in it can end the block.
pub fn data_block(id: &str, json: &serde_json::Value) -> String {
    let json = json.to_string().replace('<', "\\u003c").replace('>', "\\u003e");
    format!("<script type=\"application/json\" id=\"{id}\">{json}</script>\n")
}

/// A part of the page with its heading; `id` is unique in the page.
pub fn section(id: &str, heading: &str, content: &str) -> String {
    let (id, heading) = (escaped(id), escaped(heading));
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n"
    )
}

/// Sentences that the reader must not miss; nothing where there are none.
pub fn warnings(lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("<li>{}</li>\n", escaped(&line))).collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"warnings\">\n{lines}</ul>\n"),
    }
}

/// A page cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot write the page: {source}\n  name a file in a folder that you may write to")]
pub struct PageError {
    path: PathBuf,
    source: io::Error,
}

/// Writes a page whole or not at all: a reader sees the old file or the new one.
pub fn write(path: &Path, page: &str) -> Result<(), PageError> {
    let failed = |source| PageError { path: path.to_owned(), source };
    let other = path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir());
    if other {
        // A pipe or a terminal cannot be replaced, and has no old content.
        return std::fs::write(path, page).map_err(failed);
    }
    replace(path, page).map_err(failed)
}

fn replace(path: &Path, page: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if path.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    // Where a link leads is what gets replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
    // As any new file: the user's mask takes away from it.
    let everyone = std::fs::Permissions::from_mode(0o666);
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".tickline-").suffix(".partial").permissions(everyone);
    let mut draft = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(page.as_bytes())?;
    draft.persist(&target)?;
    Ok(())
}

#[cfg(test)]
pub mod tests;
