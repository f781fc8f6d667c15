use hdrhistogram::Histogram;

use super::*;
use crate::latency::counts::Counts;

/// A stage with one interval a second, each with these values and counts.
fn stage(seconds: &[&[(u64, u64)]]) -> Stage {
    let layout = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    let mut stage = Stage::new(&layout);
    for (second, pairs) in (0..).zip(seconds) {
        let mut histogram = layout.clone();
        pairs.iter().for_each(|(value, count)| histogram.record_n(*value, *count).unwrap());
        let (start_ns, length_ns) = (second * 1_000_000_000, 1_000_000_000);
        stage.intervals.push(Interval { start_ns, length_ns, counts: Counts::of(&histogram) });
    }
    stage
}

/// The range of the median of seconds that have these ones.
fn range(medians: &[u64]) -> Option<(f64, f64, usize)> {
    let pairs: Vec<_> = medians.iter().map(|value| [(*value, 100)]).collect();
    let seconds: Vec<&[(u64, u64)]> = pairs.iter().map(|pairs| pairs.as_slice()).collect();
    spread(&[&stage(&seconds)], 0.5).map(|it| (it.low, it.high, it.blocks))
}

#[test]
fn the_range_is_wider_than_what_was_seen() {
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    let check = |medians: &[u64], low: f64, high: f64| {
        let (seen_low, seen_high, blocks) = range(medians).unwrap();
        assert_eq!(blocks, medians.len());
        assert!(near(seen_low + 1.0, low) && near(seen_high + 1.0, high), "{seen_low} {seen_high}");
    };
    check(&[99; 3], 100.0, 100.0);
    // By 2 / (n - 1) of its width, in factors: here once and half of a factor of 4.
    check(&[99, 199, 399], 25.0, 1600.0);
    check(&[99, 199, 299, 399, 99], 50.0, 800.0);
    // Of 20 seconds, one at either end counts for nothing.
    let mut many = [199; 20];
    (many[3], many[9]) = (1, 999);
    check(&many, 200.0, 200.0);
    assert_eq!((range(&[99, 99]), range(&[])), (None, None));
}

#[test]
fn a_high_percentile_takes_several_seconds_for_a_block() {
    // 100 values a second: one beyond p99, ten of them in ten seconds.
    let second: &[(u64, u64)] = &[(100, 98), (5_000, 2)];
    let blocks = |seconds: usize, quantile: f64| {
        let stage = stage(&vec![second; seconds]);
        spread(&[&stage], quantile).map(|spread| spread.blocks)
    };
    assert_eq!(blocks(30, 0.5), Some(30));
    assert_eq!(blocks(30, 0.99), Some(3));
    assert_eq!(blocks(39, 0.99), Some(3));
    assert_eq!(blocks(29, 0.99), None);
    assert_eq!(blocks(1000, 1.0), None);
    assert_eq!(blocks(1000, 0.0), None);
    // Blocks of several runs count together, but none spans two.
    let (a, b) = (stage(&[second; 15]), stage(&[second; 25]));
    assert_eq!(spread(&[&a, &b], 0.99).map(|spread| spread.blocks), Some(3));
}

#[test]
fn an_interval_that_is_cut_off_is_no_second() {
    let whole: &[(u64, u64)] = &[(100, 1000)];
    let rest: &[(u64, u64)] = &[(900, 30)];
    let spread = spread(&[&stage(&[whole, whole, whole, rest])], 0.5).unwrap();
    assert_eq!((spread.blocks, spread.high.round()), (3, 100.0));
}

#[test]
fn the_step_of_the_clock() {
    let step = |pairs: &[(u64, u64)]| clock_step(&[&stage(&[pairs])]);
    // 10 ns, each step split by rounding, and a few values that stand between.
    let coarse = [(40, 500), (41, 80), (45, 1), (50, 300), (51, 9), (60, 100), (77, 1), (90, 50)];
    assert_eq!(step(&coarse), 10);
    let fine: Vec<_> = (30..90).map(|value| (value, 20)).collect();
    assert_eq!(step(&fine), 1);
    assert_eq!(step(&[(50, 10)]), 1);
    assert_eq!(step(&[]), 1);
    assert_eq!(step(&[(2_000_000, 10), (3_000_000, 10)]), 1);
}
