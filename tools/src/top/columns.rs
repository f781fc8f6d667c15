//! The columns of both tables, on the screen and as plain text: as many of them as there is room
//! for, the most telling ones first.

use tickline_shared::latency::Stage;
use tickline_shared::summary::StageSummary;

use super::model::{Ring, State, Strategy};
use crate::table::{grouped, nanos};

/// A column over rows of `T`.
pub struct Column<T> {
    /// What stands above it.
    pub title: &'static str,
    /// Characters that it takes.
    pub width: u16,
    /// Columns with a larger one are left out first.
    pub rank: u8,
    /// Whether it is aligned to the left.
    pub left: bool,
    /// What stands in it.
    pub cell: fn(&T, Stage) -> Cell,
}

/// A cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

/// What a cell means, in colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// As it should be.
    Good,
    /// To be looked at.
    Odd,
    /// Wrong.
    Bad,
}

fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Plain }
}

/// A count that should be 0.
fn zero(count: u64, tone: Tone) -> Cell {
    Cell { text: short(count as f64), tone: if count == 0 { Tone::Plain } else { tone } }
}

fn rate(rate: Option<f64>) -> Cell {
    plain(rate.map_or_else(|| "-".to_owned(), short))
}

fn state(state: State) -> Cell {
    let tone = match state {
        State::Running => Tone::Good,
        State::Waiting | State::Ended => Tone::Odd,
        State::Stalled | State::Gone => Tone::Bad,
    };
    Cell { text: state.name().to_owned(), tone }
}

/// How long ago; of a process that is at work it says something past a few hundred ms.
fn age(ms: u64, state: State) -> Cell {
    let tone = if state == State::Stalled { Tone::Bad } else { Tone::Plain };
    let text = match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..100_000 => format!("{:.1} s", ms as f64 / 1e3),
        100_000..3_600_000 => format!("{} min", ms / 60_000),
        _ => "> 1 h".to_owned(),
    };
    Cell { text, tone }
}

fn latency(strategy: &Strategy, stage: Stage, pick: fn(&StageSummary) -> u64) -> Cell {
    let stage = strategy.last_second.stage(stage);
    plain(if stage.count == 0 { "-".to_owned() } else { nanos(pick(stage)) })
}

/// Five characters at most: `820`, `12.3k`, `1.25M`.
pub fn short(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    if value < 999.5 {
        return format!("{value:.0}");
    }
    // From the value as it will be shown: 999,999 is 1.00M, not 1000k.
    let (unit, name) = UNITS.iter().find(|(unit, _)| value >= unit * 0.9995).unwrap_or(&UNITS[3]);
    let value = value / unit;
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$}{name}")
}

/// A whole number with its groups, or shorter where it is very long.
pub fn whole(count: u64) -> String {
    if count < 1_000_000_000_000 { grouped(count) } else { short(count as f64) }
}

/// A feed a row.
pub const FEEDS: [Column<Ring>; 15] = [
    Column { title: "RING", width: 12, rank: 0, left: true, cell: |r, _| plain(&*r.name) },
    Column { title: "FEED", width: 7, rank: 0, left: true, cell: |r, _| state(r.state) },
    Column {
        title: "MSG/S",
        width: 6,
        rank: 1,
        left: false,
        cell: |r, _| rate(r.feed.messages_per_second),
    },
    Column {
        title: "PUB/S",
        width: 6,
        rank: 2,
        left: false,
        cell: |r, _| rate(r.feed.published_per_second),
    },
    Column {
        title: "MB/S",
        width: 6,
        rank: 3,
        left: false,
        cell: |r, _| match r.feed.bytes_per_second {
            Some(bytes) => plain(format!("{:.1}", bytes / 1e6)),
            None => plain("-"),
        },
    },
    Column {
        title: "FILL",
        width: 5,
        rank: 1,
        left: false,
        cell: |r, _| Cell {
            text: format!("{:.0}%", r.fill * 100.0),
            tone: if r.fill > 0.9 { Tone::Odd } else { Tone::Plain },
        },
    },
    Column {
        title: "GAPS",
        width: 6,
        rank: 2,
        left: false,
        cell: |r, _| zero(r.feed.counts.gaps, Tone::Odd),
    },
    Column {
        title: "MISSING",
        width: 7,
        rank: 4,
        left: false,
        cell: |r, _| zero(r.feed.counts.gap_messages, Tone::Odd),
    },
    Column {
        title: "DUPS",
        width: 6,
        rank: 4,
        left: false,
        cell: |r, _| plain(short(r.feed.counts.duplicates as f64)),
    },
    Column {
        title: "MALF",
        width: 5,
        rank: 5,
        left: false,
        cell: |r, _| zero(r.feed.counts.malformed, Tone::Bad),
    },
    Column {
        title: "UNKN",
        width: 5,
        rank: 6,
        left: false,
        cell: |r, _| zero(r.feed.counts.unknown, Tone::Odd),
    },
    Column {
        title: "FULL",
        width: 6,
        rank: 5,
        left: false,
        cell: |r, _| zero(r.feed.counts.ring_full, Tone::Odd),
    },
    Column {
        title: "BEAT",
        width: 7,
        rank: 3,
        left: false,
        cell: |r, _| age(r.heartbeat_age_ms, r.state),
    },
    Column {
        title: "DONE",
        width: 5,
        rank: 4,
        left: false,
        cell: |r, _| plain(r.progress.map_or("-".to_owned(), |p| format!("{:.0}%", p * 100.0))),
    },
    Column {
        title: "MESSAGES",
        width: 15,
        rank: 7,
        left: false,
        cell: |r, _| plain(whole(r.feed.counts.messages)),
    },
];

/// A strategy a row; latencies are of one stage, of the last second.
pub const STRATEGIES: [Column<Strategy>; 16] = [
    Column { title: "STRATEGY", width: 12, rank: 0, left: true, cell: |s, _| plain(&*s.name) },
    Column { title: "RING", width: 12, rank: 8, left: true, cell: |s, _| plain(&*s.ring) },
    Column { title: "STATE", width: 7, rank: 0, left: true, cell: |s, _| state(s.state) },
    Column {
        title: "REC/S",
        width: 6,
        rank: 1,
        left: false,
        cell: |s, _| rate(s.received_per_second),
    },
    Column {
        title: "LAG",
        width: 6,
        rank: 2,
        left: false,
        cell: |s, _| plain(short(s.lag as f64)),
    },
    Column {
        title: "LOST",
        width: 6,
        rank: 4,
        left: false,
        cell: |s, _| zero(s.counts.lost, Tone::Bad),
    },
    Column {
        title: "OVERRUN",
        width: 7,
        rank: 7,
        left: false,
        cell: |s, _| zero(s.counts.overruns, Tone::Bad),
    },
    Column {
        title: "PARK/S",
        width: 6,
        rank: 5,
        left: false,
        cell: |s, _| rate(s.parks_per_second),
    },
    Column { title: "P50", width: 7, rank: 3, left: false, cell: |s, g| latency(s, g, |p| p.p50) },
    Column { title: "P90", width: 7, rank: 6, left: false, cell: |s, g| latency(s, g, |p| p.p90) },
    Column { title: "P99", width: 7, rank: 1, left: false, cell: |s, g| latency(s, g, |p| p.p99) },
    Column {
        title: "P99.9",
        width: 7,
        rank: 4,
        left: false,
        cell: |s, g| latency(s, g, |p| p.p99_9),
    },
    Column { title: "MAX", width: 7, rank: 3, left: false, cell: |s, g| latency(s, g, |p| p.max) },
    Column {
        title: "BEAT",
        width: 7,
        rank: 4,
        left: false,
        cell: |s, _| age(s.heartbeat_age_ms, s.state),
    },
    Column { title: "READER", width: 8, rank: 9, left: true, cell: |s, _| plain(&*s.reader) },
    Column {
        title: "RECEIVED",
        width: 15,
        rank: 9,
        left: false,
        cell: |s, _| plain(whole(s.counts.received)),
    },
];

/// The columns that fit into `width` characters with a space between, in their order.
pub fn fitting<T>(columns: &[Column<T>], width: u16) -> Vec<&Column<T>> {
    let mut by_rank: Vec<usize> = (0..columns.len()).collect();
    by_rank.sort_by_key(|&index| columns[index].rank);
    let mut left = width + 1;
    let fits = |index: &usize| {
        let needed = columns[*index].width + 1;
        let fits = needed <= left;
        left = left.saturating_sub(needed) * u16::from(fits);
        fits
    };
    let mut chosen: Vec<usize> = by_rank.into_iter().take_while(fits).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|index| &columns[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_five_characters() {
        let check = |value: f64, expected: &str| assert_eq!(short(value), expected);
        check(0.0, "0");
        check(999.4, "999");
        check(999.6, "1.00k");
        check(12_345.0, "12.3k");
        check(999_400.0, "999k");
        check(999_999.0, "1.00M");
        check(8_200_000.0, "8.20M");
        check(1.5e9, "1.50G");
        assert!(short(u64::MAX as f64).len() > 5, "more than 999 T is shown as it is");
        assert_eq!(whole(1_234_567), "1,234,567");
        assert_eq!(whole(u64::MAX).len(), short(u64::MAX as f64).len());
    }

    #[test]
    fn the_most_telling_columns_stay() {
        let titles = |width| -> Vec<&str> {
            fitting(&STRATEGIES, width).iter().map(|column| column.title).collect()
        };
        assert_eq!(titles(0), [""; 0]);
        assert_eq!(titles(40), ["STRATEGY", "STATE", "REC/S", "P99"]);
        assert_eq!(titles(500).len(), STRATEGIES.len());
        for width in 0..200 {
            let columns = fitting(&FEEDS, width);
            let taken: u16 = columns.iter().map(|column| column.width + 1).sum();
            assert!(taken <= width + 1);
        }
    }
}
