//! The percentile distribution as text: the `.hgrm` format of the HdrHistogram tools.

use std::fmt::Write;

use hdrhistogram::Histogram;

/// Rows for each halving of the distance to 100 %, as the other tools have it.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// The distribution, values in the histogram's own unit.
pub fn print(histogram: &Histogram<u64>) -> String {
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut total = 0;
    for row in histogram.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        total += row.count_since_last_iteration();
        let (value, quantile) = (row.value_iterated_to() as f64, row.quantile_iterated_to());
        // Writing into a String cannot fail.
        let _ = write!(text, "{value:12.3} {quantile:2.12} {total:10}");
        // The last row has no fourth column: its value would be infinite.
        let _ = match quantile < 1.0 {
            true => writeln!(text, " {:14.2}", 1.0 / (1.0 - quantile)),
            false => writeln!(text),
        };
    }
    text + &footer(histogram)
}

fn footer(histogram: &Histogram<u64>) -> String {
    // As the library lays them out: a power of two that tells 2 * 10^digits values apart.
    let sub_buckets = (2 * 10_u64.pow(histogram.sigfig().into())).next_power_of_two();
    format!(
        "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]\n\
         #[Max     = {:12.3}, Total count    = {:12}]\n\
         #[Buckets = {:12}, SubBuckets     = {:12}]\n",
        histogram.mean(),
        histogram.stdev(),
        histogram.max() as f64,
        histogram.len(),
        histogram.buckets(),
        sub_buckets,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout is the one that HdrHistogram's own tools print.
    #[test]
    fn a_known_distribution() {
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
        (1..=4).for_each(|value| histogram.record(value).unwrap());
        let expected = "
       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          1           1.00
       1.000 0.100000000000          1           1.11
       1.000 0.200000000000          1           1.25
       2.000 0.300000000000          2           1.43
       2.000 0.400000000000          2           1.67
       2.000 0.500000000000          2           2.00
       3.000 0.550000000000          3           2.22
       3.000 0.600000000000          3           2.50
       3.000 0.650000000000          3           2.86
       3.000 0.700000000000          3           3.33
       4.000 0.750000000000          4           4.00
       4.000 1.000000000000          4
#[Mean    =        2.500, StdDeviation   =        1.118]
#[Max     =        4.000, Total count    =            4]
#[Buckets =           32, SubBuckets     =         2048]
";
        assert_eq!(print(&histogram), &expected[1..], "\n{}", print(&histogram));
    }

    #[test]
    fn nothing_recorded() {
        let text = print(&Histogram::new_with_bounds(1, 1000, 2).unwrap());
        assert!(text.contains("Total count    =            0]"), "{text}");
    }
}
