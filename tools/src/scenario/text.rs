//! A scenario as text again: what a run keeps, and what `replay` makes of its flags.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tickline_feed::framing::damaged::Damage;
use tickline_feed::scenario::{FeedConfig, Generate, InstrumentConfig, SourceConfig};
use tickline_feed::session::LineId;
use tickline_shared::scenario::{Priority, Restart, RingConfig, print_duration};
use tickline_strategy::scenario::{BreakdownConfig, Run, SpikesConfig, StrategyConfig};
use toml_edit::Value;

use super::Scenario;

/// TOML holds Unicode text only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: expected a path in UTF-8, which a scenario can hold; rename the file or its folder")]
pub struct PathNotText(pub PathBuf);

/// The scenario with every default spelled out and every path absolute: reads back as the same
/// scenario from any folder.
pub fn to_toml(scenario: &Scenario) -> Result<String, PathNotText> {
    let mut text = String::from("# As used: defaults filled in, paths absolute.\n");
    let name = quoted(&scenario.name);
    // Writing into a String cannot fail.
    let _ = write!(text, "name = {name}\n\n{}\n{}", ring(&scenario.ring), feed(&scenario.feed)?);
    scenario.feed.instruments.iter().for_each(|config| text.push_str(&instrument(config)));
    for config in &scenario.strategies {
        let _ = write!(text, "\n{}", strategy(config)?);
    }
    Ok(text)
}

fn ring(ring: &RingConfig) -> String {
    let pages = format!("{}{}", ring.pages, if ring.pages_strict { "!" } else { "" });
    let (name, slots, pages) = (quoted(&ring.name), ring.slots, quoted(&pages));
    format!("[ring]\nname = {name}\nslots = {slots}\npages = {pages}\n")
}

fn feed(feed: &FeedConfig) -> Result<String, PathNotText> {
    let symbols = feed.symbols.iter().map(|name| quoted(&name.text()));
    Ok(format!(
        "[feed]\n{}{}venue = {}\npublish = {}\nsymbols = {}\nlive_orders = {}\n{}\
         source = {{ {}, speed = {}, loop = {}{}{} }}\n",
        core(feed.core),
        care(feed.priority, feed.lock_memory, feed.restart),
        quoted(&feed.venue.to_string()),
        list(feed.publish.names().map(quoted)),
        list(symbols),
        feed.live_orders,
        metrics(feed.metrics),
        source(&feed.source)?,
        quoted(&feed.speed.to_string()),
        feed.loops,
        feed.faults.map(faults).unwrap_or_default(),
        lines(&feed.lines),
    ))
}

fn faults(damage: Damage) -> String {
    let Damage { drop, duplicate, reorder, seed, line } = damage;
    let line = line.map(|line| format!(", line = {}", quoted(&line.to_string())));
    // A number with a point, as TOML wants it, and all of its digits.
    format!(
        ", faults = {{ drop = {drop:?}, duplicate = {duplicate:?}, reorder = {reorder:?}, \
         seed = {seed}{} }}",
        line.unwrap_or_default()
    )
}

fn lines(groups: &[Vec<LineId>]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let group = |lines: &Vec<LineId>| list(lines.iter().map(|line| quoted(&line.to_string())));
    format!(", lines = {}", list(groups.iter().map(group)))
}

fn instrument(config: &InstrumentConfig) -> String {
    let InstrumentConfig { listing, alias } = config;
    let number = |key: &str, value: Option<u64>| {
        value.map_or_else(String::new, |value| format!("{key} = {value}\n"))
    };
    format!(
        "\n[[feed.instrument]]\nsymbol = {}\n{}{}{}{}",
        quoted(&listing.name().text()),
        alias.map_or_else(String::new, |alias| format!("alias = {}\n", quoted(&alias.name()))),
        number("price_decimals", listing.price_decimals().map(u64::from)),
        number("quantity_decimals", listing.quantity_decimals().map(u64::from)),
        number("lot", listing.lot().map(u64::from)),
    )
}

fn metrics(address: Option<SocketAddr>) -> String {
    address.map_or_else(String::new, |a| format!("metrics = {}\n", quoted(&a.to_string())))
}

fn source(source: &SourceConfig) -> Result<String, PathNotText> {
    match source {
        SourceConfig::Capture { files } => {
            let files = files.iter().map(|file| absolute(file)).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("capture = {}", list(files.into_iter())))
        }
        SourceConfig::Generate(Generate { messages, symbols, seed, live_orders }) => Ok(format!(
            "generate = {{ messages = {messages}, symbols = {symbols}, seed = {seed}, \
             live_orders = {live_orders} }}"
        )),
    }
}

fn strategy(strategy: &StrategyConfig) -> Result<String, PathNotText> {
    let run = match &strategy.run {
        Run::Binary(path) => absolute(path)?,
        built_in => quoted(&built_in.to_string()),
    };
    Ok(format!(
        "[[strategy]]\nname = {}\n{}{}run = {run}\nreader = {}\nwait = {{ spin = {}, then = {} }}\n\
         idle = {}\n{}{}",
        quoted(&strategy.name),
        core(strategy.core),
        care(strategy.priority, strategy.lock_memory, strategy.restart),
        quoted(&strategy.reader.to_string()),
        quoted(&print_duration(strategy.wait.spin)),
        quoted(&strategy.wait.then.to_string()),
        quoted(&strategy.idle.to_string()),
        spikes(strategy.spikes.as_ref()),
        breakdown(strategy.breakdown.as_ref()),
    ))
}

fn spikes(spikes: Option<&SpikesConfig>) -> String {
    let Some(SpikesConfig { over, keep, stage }) = spikes else { return String::new() };
    let over = quoted(&print_duration(*over));
    let by = stage.map_or_else(String::new, |stage| format!(", by = {}", quoted(stage.name())));
    format!("spikes = {{ over = {over}, keep = {keep}{by} }}\n")
}

fn breakdown(breakdown: Option<&BreakdownConfig>) -> String {
    let Some(BreakdownConfig { by, stage, symbols }) = breakdown else { return String::new() };
    let by = quoted(by.name());
    let stage = stage.map(|stage| format!(", stage = {}", quoted(stage.name())));
    let names = symbols.iter().map(|symbol| quoted(&symbol.name()));
    let symbols = (!symbols.is_empty()).then(|| format!(", symbols = {}", list(names)));
    let (stage, symbols) = (stage.unwrap_or_default(), symbols.unwrap_or_default());
    format!("breakdown = {{ by = {by}{stage}{symbols} }}\n")
}

fn core(core: Option<usize>) -> String {
    core.map_or_else(String::new, |core| format!("core = {core}\n"))
}

/// How a process is treated.
fn care(priority: Priority, lock_memory: bool, restart: Restart) -> String {
    let (priority, restart) = (quoted(&priority.to_string()), quoted(&restart.to_string()));
    format!("priority = {priority}\nlock_memory = {lock_memory}\nrestart = {restart}\n")
}

fn absolute(path: &Path) -> Result<String, PathNotText> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.to_str().map(quoted).ok_or_else(|| PathNotText(path.to_owned()))
}

fn list(words: impl Iterator<Item = String>) -> String {
    format!("[{}]", words.collect::<Vec<_>>().join(", "))
}

/// As TOML writes the text.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickline_feed::scenario::{Speed, VenueChoice};
    use tickline_feed::venue::Venue;
    use tickline_shared::instruments::{Listing, Name};
    use tickline_shared::latency::Stage;
    use tickline_shared::scenario::{Cores, IdleStates, Pages, ReaderMode, Then, WaitConfig};
    use tickline_strategy::scenario::By;

    use super::*;

    #[track_caller]
    fn comes_back(scenario: &Scenario) {
        let text = to_toml(scenario).unwrap();
        let read = super::super::parse(&text, "as-used", Path::new("/nowhere"));
        assert_eq!(read.as_ref().unwrap_or_else(|error| panic!("{error}\n{text}")), scenario);
    }

    #[test]
    fn every_value_reads_back_from_any_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a \"day\" \\ 'é'.itch");
        std::fs::write(&file, "").unwrap();
        let program = std::env::current_exe().unwrap();
        let mut scenario = Scenario {
            name: "day".to_owned(),
            ring: RingConfig::new("r"),
            feed: FeedConfig::new(SourceConfig::Capture { files: vec![file.clone(), file] }),
            strategies: vec![StrategyConfig::new("a", Run::Binary(program))],
            warnings: Vec::new(),
        };
        comes_back(&scenario);
        let line = |last, port| LineId::new([224, 0, 31, last].into(), port);
        scenario.feed.lines = vec![vec![line(1, 14_310), line(2, 15_310)]];
        let damage = Damage { drop: 0.1 + 0.2, reorder: 0.5, seed: 9, ..Damage::default() };
        scenario.feed.faults = Some(Damage { line: Some(line(1, 7)), ..damage });
        comes_back(&scenario);

        let (alias, long) = (Some("S\"".parse().unwrap()), Listing::new(Name::of("1000SATS \"")));
        let short = Listing::new(Name::of("AAPL")).with_price_decimals(4);
        let day = Generate { messages: 7, symbols: 3, seed: u32::MAX.into(), live_orders: 5 };
        scenario.ring.pages_strict = true;
        scenario.feed = FeedConfig {
            core: Cores::present().allowed.first().copied(),
            priority: Priority::Normal,
            lock_memory: true,
            restart: Restart::OnFailure,
            venue: VenueChoice::Named(Venue::NasdaqItch50),
            publish: "orders".parse().unwrap(),
            symbols: vec!["AAPL".parse().unwrap(), "\"'\\ 1000SATS".parse().unwrap()],
            instruments: vec![
                InstrumentConfig { listing: long.with_price_decimals(0), alias },
                InstrumentConfig { listing: short.with_lot(7), alias: None },
            ],
            live_orders: 1024,
            source: SourceConfig::Generate(day),
            speed: Speed::Times(0.5),
            loops: 3,
            faults: None,
            lines: Vec::new(),
            metrics: Some("[fe80::1%2]:9464".parse().unwrap()),
        };
        let wait = WaitConfig { spin: Duration::from_nanos(1500), then: Then::Yield };
        let null = StrategyConfig::new("b", Run::Null);
        let stage = Some(Stage::Strategy);
        let spikes = SpikesConfig { over: Duration::from_nanos(1500), keep: 3, stage };
        let by_symbol = BreakdownConfig::new(By::Symbol);
        let symbols = vec!["AAPL".parse().unwrap(), "\"'\\".parse().unwrap()];
        // Nobody may keep the only core for itself.
        let alone = Cores::present().allowed.len() == 1;
        scenario.strategies = vec![
            StrategyConfig { reader: ReaderMode::Lossy, wait, idle: IdleStates::Shallow, ..null },
            StrategyConfig {
                priority: if alone { Priority::Normal } else { Priority::Fifo(7) },
                lock_memory: true,
                spikes: Some(spikes),
                breakdown: Some(BreakdownConfig { stage, symbols, ..by_symbol }),
                restart: Restart::OnFailure,
                ..StrategyConfig::new("c", Run::Bbo)
            },
        ];
        comes_back(&scenario);
        scenario.ring.pages_strict = false;
        scenario.ring.pages = Pages::Small;
        scenario.strategies[1].spikes = Some(SpikesConfig::new(Duration::from_micros(5)));
        scenario.strategies[1].breakdown = Some(BreakdownConfig::new(By::Kind));
        comes_back(&scenario);
    }
}
