//! The worst records of a strategy for people: one row each, with the verdict.

use tickline_shared::summary::{Spike, SpikeLimit, StrategySummary};

use super::{grouped, nanos};

/// Rows that are printed; the summary has all.
const SHOWN: usize = 10;

const HEADINGS: [&str; 9] =
    ["time (UTC)", "record", "symbol", "kind", "decode", "hop", "strategy", "total", "why"];

/// The table under a strategy's percentiles, with a blank line before it; nothing where nobody
/// asked for spikes.
pub fn render(strategy: &StrategySummary) -> String {
    let Some(SpikeLimit { over_ns, by, .. }) = &strategy.spike_limit else { return String::new() };
    let over = format!("over {} ({by})", nanos(*over_ns));
    let (all, shown) = (strategy.spikes.len(), strategy.spikes.len().min(SHOWN));
    match all {
        0 => return format!("\n  no spike {over}\n"),
        1 => return format!("\n  the worst spike {over}\n{}", rows(&strategy.spikes)),
        _ => {}
    }
    let rest = match all - shown {
        0 => String::new(),
        rest => format!("; {} more in summary.json", grouped(rest as u64)),
    };
    format!("\n  the worst {shown} spikes {over}{rest}\n{}", rows(&strategy.spikes[..shown]))
}

fn rows(spikes: &[Spike]) -> String {
    let cells = spikes.iter().map(cells);
    let rows: Vec<[String; 9]> = [HEADINGS.map(str::to_owned)].into_iter().chain(cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 9] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 9]| {
        let aligned = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            match HEADINGS[column] {
                "why" => cell.clone(),
                "time (UTC)" | "symbol" | "kind" => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            }
        });
        format!("  {}\n", aligned.collect::<Vec<_>>().join("  "))
    };
    rows.iter().map(line).collect()
}

fn cells(spike: &Spike) -> [String; 9] {
    let others = match spike.slow_records {
        0 | 1 => String::new(),
        records => format!(" (+{} records)", grouped(records - 1)),
    };
    let symbol = if spike.symbol.is_empty() { "-" } else { &spike.symbol };
    // To the microsecond: the summary has the rest.
    let time = spike.time.get(..15).unwrap_or(&spike.time);
    [
        time.to_owned(),
        grouped(spike.record),
        symbol.to_owned(),
        spike.kind.clone(),
        nanos(spike.decode_ns),
        nanos(spike.hop_ns),
        nanos(spike.strategy_ns),
        nanos(spike.total_ns),
        format!("{}{others}", spike.verdict),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategy(spikes: Vec<Spike>) -> StrategySummary {
        let limit = SpikeLimit { over_ns: 5_000, by: "total".to_owned(), keep: 32 };
        StrategySummary { spike_limit: Some(limit), spikes, ..StrategySummary::default() }
    }

    #[test]
    fn a_table() {
        let spike = Spike {
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
        };
        let news = Spike { slow_records: 1, symbol: String::new(), ..spike.clone() };
        let expected = "
  the worst 2 spikes over 5.00 us (total)
  time (UTC)          record  symbol  kind   decode     hop  strategy    total  why
  13:45:01.000000  1,234,567  AAPL    Quote  214 ns  135 ns   2.00 ms  2.00 ms  \
the strategy took 2.00 ms over it (+1,900 records)
  13:45:01.000000  1,234,567  -       Quote  214 ns  135 ns   2.00 ms  2.00 ms  \
the strategy took 2.00 ms over it
";
        let shown = render(&strategy(vec![spike.clone(), news]));
        assert_eq!(shown, expected, "\n{shown}");
        let many = render(&strategy(vec![spike; 12]));
        assert!(many.contains("the worst 10 spikes over 5.00 us (total); 2 more in summary.json"));
        assert_eq!(many.lines().count(), 13);
    }

    #[test]
    fn nothing_was_slow_or_nobody_asked() {
        assert_eq!(render(&strategy(Vec::new())), "\n  no spike over 5.00 us (total)\n");
        assert_eq!(render(&StrategySummary::default()), "");
    }
}
