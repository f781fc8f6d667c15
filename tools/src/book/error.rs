//! Why there is no book to show.

use tickline_shared::exit::Exit;
use tickline_shared::instruments::Name;
use tickline_shared::scenario::nearest;
use tickline_shared::units::Symbol;

/// Names that are offered for one that is not known.
const NEAR_MAX: usize = 3;

/// Why there is no book to show.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A date, and a clock without one.
    #[error(
        "the venue's clock counts from midnight and has no date: give --at as the time of day at \
         the venue, such as 09:30:00"
    )]
    NoDate,
    /// Nothing was sent until then.
    #[error("nothing was sent until then: the first message is of {first}")]
    TooEarly {
        /// When there is something.
        first: String,
    },
    /// Symbols were asked for that no message named.
    #[error("no message names {}", .0.join(", "))]
    NoSuchSymbol(Vec<String>),
}

impl BookError {
    /// Of symbols that are not among those known.
    pub fn unknown(missing: &[Name], known: impl Iterator<Item = Symbol>) -> BookError {
        let known: Vec<_> = known.map(|symbol| symbol.name().to_lowercase()).collect();
        BookError::NoSuchSymbol(missing.iter().map(|name| meant(name, &known)).collect())
    }

    /// The code to end with.
    pub fn exit(&self) -> Exit {
        match self {
            BookError::NoDate | BookError::TooEarly { .. } => Exit::Usage,
            BookError::NoSuchSymbol(_) => Exit::Failed,
        }
    }
}

/// A symbol, and those that may have been meant.
fn meant(name: &Name, known: &[String]) -> String {
    let name = name.text();
    let mut near: Vec<&str> = Vec::new();
    while near.len() < NEAR_MAX {
        let others = known.iter().map(String::as_str).filter(|other| !near.contains(other));
        let Some(next) = nearest(&name, others) else { break };
        near.push(next);
    }
    let near: Vec<_> = near.iter().map(|name| format!("`{}`", name.to_uppercase())).collect();
    match near.is_empty() {
        true => format!("`{name}`"),
        false => format!("`{name}` (there is {})", near.join(", ")),
    }
}
