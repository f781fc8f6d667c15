//! The worst records of a strategy for people: one row each, with the verdict.

use tickline_shared::summary::{Spike, SpikeLimit};

use super::{grid, grouped, nanos};

/// Rows that are printed; the summary has all.
const SHOWN: usize = 10;

const HEADINGS: [&str; 8] =
    ["time (UTC)", "symbol", "kind", "record", "decode", "hop", "strategy", "total"];

/// Columns of words; the others are numbers.
const WORDS: usize = 3;

/// The table under a strategy's percentiles, with a blank line before it.
pub fn render(limit: &SpikeLimit, spikes: &[Spike]) -> String {
    let over = format!("over {} ({})", nanos(limit.over_ns), limit.by);
    let shown = &spikes[..spikes.len().min(SHOWN)];
    match (spikes.len(), spikes.len() - shown.len()) {
        (0, _) => format!("\n  no spike {over}\n"),
        (1, _) => format!("\n  the worst spike {over}\n{}", rows(shown)),
        (all, 0) => format!("\n  the worst {all} spikes {over}\n{}", rows(shown)),
        (_, rest) => {
            let rest = grouped(rest as u64);
            format!("\n  the worst {SHOWN} spikes {over}; --json has {rest} more\n{}", rows(shown))
        }
    }
}

fn rows(spikes: &[Spike]) -> String {
    let heading = HEADINGS.map(str::to_owned).to_vec();
    let figures: Vec<_> = [heading].into_iter().chain(spikes.iter().map(cells)).collect();
    let figures = grid(&figures, WORDS);
    let why = ["why".to_owned()].into_iter().chain(spikes.iter().map(why));
    figures.lines().zip(why).map(|(figures, why)| format!("{figures}  {why}\n")).collect()
}

fn why(spike: &Spike) -> String {
    match spike.slow_records.saturating_sub(1) {
        0 => spike.verdict.clone(),
        1 => format!("{} (+1 record)", spike.verdict),
        others => format!("{} (+{} records)", spike.verdict, grouped(others)),
    }
}

fn cells(spike: &Spike) -> Vec<String> {
    let symbol = if spike.symbol.is_empty() { "-" } else { &spike.symbol };
    // To the microsecond: the summary has the rest.
    let time = spike.time.get(..15).unwrap_or(&spike.time);
    let words = [time, symbol, &spike.kind].map(str::to_owned);
    let Spike { decode_ns, hop_ns, strategy_ns, total_ns, .. } = *spike;
    let times = [decode_ns, hop_ns, strategy_ns, total_ns].map(nanos);
    words.into_iter().chain([grouped(spike.record)]).chain(times).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spikes: &[Spike], expected: &str) {
        let limit = SpikeLimit { over_ns: 5_000, by: "total".to_owned(), keep: 32 };
        let shown = render(&limit, spikes);
        assert_eq!(shown, expected, "\n{shown}");
    }

    fn spike() -> Spike {
        Spike {
            record: 1_234_567,
            symbol: "AAPL".to_owned(),
            kind: "Quote".to_owned(),
            time: "13:45:01.000000250".to_owned(),
            decode_ns: 214,
            hop_ns: 135,
            strategy_ns: 2_000_000,
            total_ns: 2_000_349,
            slow_records: 1_901,
            verdict: "the strategy took 2.00 ms over it".to_owned(),
            ..Spike::default()
        }
    }

    #[test]
    fn a_table() {
        let news = Spike { slow_records: 1, symbol: String::new(), record: 7, ..spike() };
        check(
            &[spike(), news],
            "
  the worst 2 spikes over 5.00 us (total)
  time (UTC)       symbol  kind      record  decode     hop  strategy    total  why
  13:45:01.000000  AAPL    Quote  1,234,567  214 ns  135 ns   2.00 ms  2.00 ms  \
the strategy took 2.00 ms over it (+1,900 records)
  13:45:01.000000  -       Quote          7  214 ns  135 ns   2.00 ms  2.00 ms  \
the strategy took 2.00 ms over it
",
        );
    }

    #[test]
    fn none_one_and_many() {
        check(&[], "\n  no spike over 5.00 us (total)\n");
        let limit = SpikeLimit { over_ns: 5_000, by: "total".to_owned(), keep: 32 };
        let one = render(&limit, &[spike()]);
        assert!(one.starts_with("\n  the worst spike over 5.00 us (total)\n"), "{one}");
        let many = render(&limit, &vec![spike(); 12]);
        assert!(many.contains("the worst 10 spikes over 5.00 us (total); --json has 2 more\n"));
        assert_eq!(many.lines().count(), 13);
    }
}
