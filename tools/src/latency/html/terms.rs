//! What the words on the page mean.

use super::Contents;
use crate::page::escaped;
use crate::table::{self, Timing};

/// What is true of every page.
const WORDS: [(&str, &str); 7] = [
    (
        "p99",
        "99 of 100 values are no larger; p50 is the median. A value is the upper end of its \
        place in the histogram, whose places are at most 0.1 % wide: never less than measured",
    ),
    (
        "interval",
        "what was recorded between two lines of the log: a second, if nobody asked for \
        another time; its percentiles are its own",
    ),
    ("lost", "records that the feed wrote over before a lossy strategy came to them"),
    ("gaps", "places where sequence numbers of the venue are missing"),
    ("ring full", "times the feed found no room in the ring and waited for a strategy"),
    ("parks", "times a strategy went to sleep because nothing came"),
    (
        "late releases",
        "messages of a paced replay that the feed began more than a microsecond \
        after they were due; that delay is part of what counts from due time",
    ),
];

/// The stages and times of these runs, then the words.
pub fn list(contents: &Contents<'_>) -> String {
    let stages = contents.runs.iter().flat_map(|run| {
        let paced = run.is_paced();
        run.stages.keys().map(move |stage| (stage.as_str(), Timing::of(stage, paced)))
    });
    let own = table::meanings(stages);
    let both = own.into_iter().chain(WORDS);
    let item =
        |(word, meaning)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(word), escaped(meaning));
    format!("<dl>\n{}</dl>\n", both.map(item).collect::<String>())
}
