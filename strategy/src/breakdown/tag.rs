//! The names of rows, and their tags in the log: `total:kind=Quote`, `total:symbol=BRK.A`.
//!
//! A tag of an HdrHistogram log holds neither comma nor space nor end of line, and a symbol from a
//! capture may hold anything. So of a symbol printable ASCII stays as it is, but for `,`, `:` and
//! `%`; every other byte is `%` and two hexadecimal digits, and so is the first one of a symbol
//! that is called like the row of all others or of none. Different symbols have different names.

use std::fmt::Write;

use tickline_shared::latency::Stage;
use tickline_shared::units::Symbol;

use super::{By, NO_SYMBOL, OTHER};

/// The tag of a row.
pub fn tag(stage: Stage, by: By, row: &str) -> String {
    format!("{}:{by}={row}", stage.name())
}

/// A tag of a row, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part<'a> {
    /// The stage of which it is a part.
    pub stage: Stage,
    /// What split it.
    pub by: By,
    /// The row's name.
    pub row: &'a str,
}

/// What [`tag`] put together; `None` where the tag is another one.
pub fn part(tag: &str) -> Option<Part<'_>> {
    let (stage, rest) = tag.split_once(':')?;
    let (by, row) = rest.split_once('=')?;
    let stage = Stage::ALL.into_iter().find(|it| it.name() == stage)?;
    let by = By::ALL.into_iter().find(|it| it.name() == by)?;
    Some(Part { stage, by, row })
}

/// A symbol's row by name.
pub(super) fn row_name(symbol: &Symbol) -> String {
    let end = symbol.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let name = &symbol.0[..end];
    let taken = [OTHER, NO_SYMBOL].iter().any(|row| row.as_bytes() == name);
    let mut row = String::with_capacity(3 * name.len());
    for (place, byte) in name.iter().enumerate() {
        let plain = byte.is_ascii_graphic() && !b",:%".contains(byte) && !(taken && place == 0);
        match plain {
            true => row.push(char::from(*byte)),
            // Writing into a String cannot fail.
            false => drop(write!(row, "%{byte:02X}")),
        }
    }
    row
}
