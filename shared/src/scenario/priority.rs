//! `priority`: how the kernel's scheduler treats the thread of a loop.

use std::fmt;

use toml::Spanned;

use super::fault::Fault;

/// Real-time priorities that may be asked for. The highest, 99, is that of kernel threads without
/// which the machine stands still.
const FIFO_MIN: u8 = 1;
const FIFO_MAX: u8 = 98;

/// Who runs first on a core.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Priority {
    /// As every other program: the scheduler shares the core fairly.
    #[default]
    Normal,
    /// `SCHED_FIFO` with this real-time priority, 1 to 98: runs whenever it wants to, before
    /// everything of a lower priority on its core.
    Fifo(u8),
}

impl Priority {
    /// From its word in a scenario.
    pub fn check(word: &Spanned<String>) -> Result<Priority, Fault> {
        parse(word.get_ref()).ok_or_else(|| {
            let expected = format!("`normal`, or `fifo:{FIFO_MIN}` to `fifo:{FIFO_MAX}`");
            let fault = Fault::new(word.span(), "unknown priority").expected(expected);
            let fault = fault.found(format!("`{}`", word.get_ref()));
            match word.get_ref().as_str() {
                "fifo" => fault.help("say how high, as in `fifo:50`"),
                "fifo:99" => fault.help("99 is that of kernel threads that must not wait"),
                typed => fault.did_you_mean(typed, ["normal", "fifo:50"].into_iter()),
            }
        })
    }
}

fn parse(word: &str) -> Option<Priority> {
    if word == "normal" {
        return Some(Priority::Normal);
    }
    let digits = word.strip_prefix("fifo:")?;
    let level: u8 = digits.parse().ok()?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    (plain && (FIFO_MIN..=FIFO_MAX).contains(&level)).then_some(Priority::Fifo(level))
}

/// As in a scenario.
impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Priority::Normal => f.pad("normal"),
            Priority::Fifo(level) => f.pad(&format!("fifo:{level}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_print_as_they_are_typed_and_nothing_else_is_one() {
        for word in ["normal", "fifo:1", "fifo:50", "fifo:98"] {
            assert_eq!(parse(word).unwrap().to_string(), word);
        }
        for wrong in
            ["", "fifo", "fifo:", "fifo:0", "fifo:99", "fifo:+5", "fifo:05", "fifo:256", "rr:5"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
