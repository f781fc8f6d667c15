//! The part `pipeline`: the product itself, as `tickline replay --publish orders --strategy null`
//! runs it: two processes, one ring, a file in the page cache.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::bail;
use tickline::measure::Percentiles;
use tickline_feed::generate::Parameters;
use tickline_feed::scenario::{FeedConfig, Publish, SourceConfig, Speed};
use tickline_shared::exit::Exit;
use tickline_shared::scenario::{ReaderMode, RingConfig};
use tickline_shared::summary::{StageSummary, Summary};
use tickline_strategy::scenario::{Run, StrategyConfig};

use super::Effort;
use super::day::{Capture, Days, day};
use super::figure::Figure;
use super::near::{Cores, ring_name};
use super::recording;
use super::rounds::{Figures, Measurement};
use crate::run::run_silently;
use crate::scenario::Scenario;

/// Live orders of the day that the throughput is about, and of a very busy one.
const LIVE_ORDERS: u64 = 200_000;
const LIVE_ORDERS_MANY: u64 = 2_000_000;

/// Messages a second of a paced run.
const PACE: u64 = 1_000_000;

/// A run of the product.
#[derive(Clone, Copy)]
struct Play {
    speed: Speed,
    loops: u64,
    /// Strategies; more than one are lossy, and all on the second core.
    readers: usize,
    publish: Publish,
}

/// Every event of every order.
const ORDERS: Publish = Publish { orders: true, levels: false, quotes: false, trades: false };

const UNPACED: Play = Play { speed: Speed::Max, loops: 1, readers: 1, publish: ORDERS };

/// All of the part.
pub fn measurements(effort: Effort, days: &Arc<Days>, captures: &[Capture]) -> Vec<Measurement> {
    let usual = day(effort.day(), LIVE_ORDERS);
    let generated = |title: &str, day, play, figures: fn(&Summary) -> Figures| {
        let days = Arc::clone(days);
        Measurement::new("pipeline", title, move |cores| {
            let file = days.file(&day)?;
            Ok(figures(&run(cores, &days, &file, play)?))
        })
    };
    let paced = Play { speed: Speed::Rate(PACE), ..UNPACED };
    let mut all = vec![
        generated("a generated day, unpaced", usual, UNPACED, |summary| {
            let mut figures = vec![rate("messages_per_second", summary)];
            figures.push((
                "ns_per_message".to_owned(),
                Figure::Number(1e9 / summary.feed.messages_per_second.max(1) as f64),
            ));
            let stages = summary.strategies.iter().flat_map(|strategy| &strategy.stages);
            figures.extend(stages.map(|(name, stage)| (format!("stages/{name}"), latency(stage))));
            figures
        }),
        generated("a generated day, 1 million a second", usual, paced, |summary| {
            let stages = summary.strategies.iter().flat_map(|strategy| &strategy.stages);
            let wanted = stages.filter(|(name, _)| ["total", "hop"].contains(&name.as_str()));
            wanted.map(|(name, stage)| (format!("paced_{name}"), latency(stage))).collect()
        }),
        recorded(days, usual, "orders", ORDERS),
        recorded(days, usual, "quotes", Publish::default()),
    ];
    if effort != Effort::Quick {
        let many = day(LIVE_ORDERS_MANY * 14, LIVE_ORDERS_MANY);
        all.push(generated("two million live orders, unpaced", many, UNPACED, |summary| {
            vec![rate("messages_per_second_2m", summary)]
        }));
    }
    if effort == Effort::Full {
        let readers = |readers| Play { readers, ..UNPACED };
        all.push(generated("two lossy readers", usual, readers(2), |summary| {
            vec![rate("messages_per_second_2_readers", summary)]
        }));
        all.push(generated("four lossy readers", usual, readers(4), |summary| {
            vec![rate("messages_per_second_4_readers", summary)]
        }));
    }
    all.extend(captures.iter().cloned().map(|capture| {
        let days = Arc::clone(days);
        Measurement::new("pipeline", capture.name.clone(), move |cores| {
            let loops = effort.day().div_ceil(capture.messages);
            let summary = run(cores, &days, &capture.path, Play { loops, ..UNPACED })?;
            let key = format!("captures/{}/messages_per_second", capture.name);
            Ok(vec![rate(&key, &summary)])
        })
    }));
    all
}

/// The recording of a day against the day itself, one right after the other.
fn recorded(days: &Arc<Days>, day: Parameters, key: &'static str, publish: Publish) -> Measurement {
    let days = Arc::clone(days);
    let title = format!("a recording of that day, {key}, unpaced");
    Measurement::new("pipeline", title, move |cores| {
        let file = days.file(&day)?;
        let recording = file.with_extension(key);
        if !recording.exists() {
            recording::record(&file, publish.into(), &recording)?;
        }
        let play = Play { publish, ..UNPACED };
        let decoded = run(cores, &days, &file, play)?;
        let played = run(cores, &days, &recording, play)?;
        let times = decoded.feed.seconds / played.feed.seconds;
        Ok(vec![
            rate(&format!("recording/{key}/records_per_second"), &played),
            (format!("recording/{key}/times_as_fast"), Figure::Number(times)),
        ])
    })
}

fn rate(key: &str, summary: &Summary) -> (String, Figure) {
    (key.to_owned(), Figure::Number(summary.feed.messages_per_second as f64))
}

fn latency(stage: &StageSummary) -> Figure {
    let StageSummary { p50, p90, p99, p99_9, max, count, .. } = *stage;
    Figure::Latency(Percentiles { p50, p90, p99, p99_9, max, count })
}

/// Plays a file to its end.
fn run(cores: &Cores, days: &Days, file: &Path, play: Play) -> anyhow::Result<Summary> {
    let mut feed = FeedConfig::new(SourceConfig::Capture { files: vec![file.to_owned()] });
    feed.core = Some(cores.near);
    feed.publish = play.publish;
    (feed.speed, feed.loops) = (play.speed, play.loops);
    let strategies = (0..play.readers).map(|at| {
        let mut strategy = StrategyConfig::new(&format!("reader-{at}"), Run::Null);
        strategy.core = Some(cores.far);
        strategy.reader = if play.readers > 1 { ReaderMode::Lossy } else { ReaderMode::Lossless };
        strategy
    });
    let scenario = Scenario {
        name: "bench".to_owned(),
        ring: RingConfig::new(&ring_name()),
        feed,
        strategies: strategies.collect(),
        warnings: Vec::new(),
    };
    let folder = days.run_folder()?;
    let (done, said) = run_silently(scenario, folder.path(), &AtomicBool::new(false))?;
    if done.exit != Exit::Ok {
        bail!("the run ended with code {}: {}", done.exit as u8, said.join("; "));
    }
    let (feed, readers) = (&done.summary.feed, &done.summary.strategies);
    if feed.messages_per_second == 0 || readers.iter().any(|it| it.received + it.lost == 0) {
        bail!("nothing went through: {}", said.join("; "));
    }
    Ok(done.summary)
}
