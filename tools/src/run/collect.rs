//! From the parts that the processes left to one summary, and to how the run ended.

use tickline_feed::process::FeedReport;
use tickline_shared::exit::Exit;
use tickline_shared::scenario::ReaderMode;
use tickline_shared::summary::{StrategySummary, Summary};

use super::child::Ended;
use super::folder::Folder;
use crate::scenario::Scenario;

/// Puts the summary together. A process that was killed left no part: then what is known of it is
/// its name. `exits` are those of the feed and of the strategies.
pub fn summary(
    scenario: &Scenario,
    folder: &Folder,
    exits: &mut Vec<Ended>,
) -> anyhow::Result<(Summary, Exit)> {
    let FeedReport { mut environment, feed } = folder.take("feed.json").unwrap_or_default();
    environment.cores = std::iter::once(scenario.feed.core)
        .chain(scenario.strategies.iter().map(|strategy| strategy.core))
        .flatten()
        .collect();
    let mut lost = Exit::Ok;
    let mut strategies = Vec::new();
    for config in &scenario.strategies {
        let file = format!("strategy-{}.json", config.name);
        let part: StrategySummary = folder.take(&file).unwrap_or_else(|| StrategySummary {
            name: config.name.clone(),
            ..StrategySummary::default()
        });
        if part.lost > 0 && config.reader == ReaderMode::Lossless {
            lost = Exit::Lost;
        }
        strategies.push(part);
    }
    let ended = exits.drain(..).map(exit).fold(Exit::Ok, Exit::worst);
    let summary = Summary { name: scenario.name.clone(), environment, feed, strategies };
    Ok((summary, ended.worst(lost)))
}

fn exit(ended: Ended) -> Exit {
    match ended {
        Ended::Signal(_) | Ended::Code(4) => Exit::PeerGone,
        Ended::Code(0) => Exit::Ok,
        Ended::Code(2) => Exit::Usage,
        Ended::Code(3) => Exit::Environment,
        Ended::Code(5) => Exit::Lost,
        Ended::Code(_) => Exit::Failed,
    }
}
