//! `[feed]`: where the data comes from, how fast, and what of it the strategies get.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use serde::Deserialize;
use tickline_shared::instruments::Name;
use tickline_shared::scenario::{Fault, Priority, Restart, Site, Table, number};
use toml::Spanned;

mod instrument;
mod lines;
mod metrics;
mod publish;
mod source;
mod speed;

pub(crate) use instrument::unscaled;
pub use instrument::{InstrumentConfig, RawInstrument};
pub use publish::{NotAStream, NotSent, Publish};
pub use source::{Generate, RawSource, SourceConfig};
pub use speed::{NotASpeed, Speed};

use crate::framing::damaged::Damage;
use crate::session::LineId;
use crate::venue::Venue;
use instrument::check_name;

/// A whole Nasdaq day has up to about this many orders in its books at once.
pub const LIVE_ORDERS_DEFAULT: u64 = 2_000_000;
/// Far beyond any venue, and still a size that the order store can compute with.
const LIVE_ORDERS_MAX: u64 = 1 << 28;
const LIVE_ORDERS: RangeInclusive<u64> = 1_024..=LIVE_ORDERS_MAX;

/// The feed, checked.
#[derive(Clone, PartialEq, Debug)]
pub struct FeedConfig {
    /// The core to run on; `None` where the scenario names none.
    pub core: Option<usize>,
    /// How the scheduler treats the loop's thread.
    pub priority: Priority,
    /// Whether its memory stays in memory.
    pub lock_memory: bool,
    /// Whether the launcher starts it again when it fails.
    pub restart: Restart,
    /// What the bytes mean.
    pub venue: VenueChoice,
    /// What goes into the ring.
    pub publish: Publish,
    /// Only these instruments go into the ring, by their names or aliases; empty: all do.
    pub symbols: Vec<Name>,
    /// What is said of instruments, sorted by name.
    pub instruments: Vec<InstrumentConfig>,
    /// Orders that the books hold before the order store has to grow, which stalls the feed; 64 to
    /// 128 bytes of memory each, taken at the start.
    pub live_orders: usize,
    /// Where the data comes from.
    pub source: SourceConfig,
    /// How fast it comes.
    pub speed: Speed,
    /// How often the source is played; at least 1.
    pub loops: u64,
    /// What is done to the datagrams of a capture on purpose.
    pub faults: Option<Damage>,
    /// Lines that are one channel, where the venue names channels by addresses alone.
    pub lines: Vec<Vec<LineId>>,
    /// Where the metrics page is served; `None`: nowhere.
    pub metrics: Option<SocketAddr>,
}

impl FeedConfig {
    /// A feed from this source, with every default.
    pub fn new(source: SourceConfig) -> FeedConfig {
        FeedConfig {
            core: None,
            priority: Priority::default(),
            lock_memory: false,
            restart: Restart::default(),
            venue: VenueChoice::Auto,
            publish: Publish::default(),
            symbols: Vec::new(),
            instruments: Vec::new(),
            live_orders: LIVE_ORDERS_DEFAULT as usize,
            source,
            speed: Speed::Max,
            loops: 1,
            faults: None,
            lines: Vec::new(),
            metrics: None,
        }
    }
}

/// How the feed knows the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum VenueChoice {
    /// By looking at the data.
    #[default]
    Auto,
    /// From the scenario.
    Named(Venue),
}

/// As in a scenario.
impl fmt::Display for VenueChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VenueChoice::Auto => f.pad("auto"),
            VenueChoice::Named(venue) => f.pad(venue.name()),
        }
    }
}

/// `[feed]` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table [feed]")]
pub struct RawFeed {
    core: Option<Spanned<u64>>,
    priority: Option<Spanned<String>>,
    #[serde(default)]
    lock_memory: bool,
    restart: Option<Spanned<String>>,
    venue: Option<Spanned<String>>,
    publish: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    symbols: Vec<Spanned<String>>,
    #[serde(default)]
    instrument: Vec<RawInstrument>,
    live_orders: Option<Spanned<u64>>,
    metrics: Option<Spanned<String>>,
    source: Spanned<RawSource>,
}

impl Table for FeedConfig {
    type Raw = RawFeed;

    fn check(raw: RawFeed, site: &mut Site<'_>) -> Result<FeedConfig, Fault> {
        let mut feed = FeedConfig::new(SourceConfig::check(&raw.source, site)?);
        (feed.speed, feed.loops) = (raw.source.get_ref().speed()?, raw.source.get_ref().loops()?);
        (feed.faults, feed.lines) = (raw.source.get_ref().faults()?, raw.source.get_ref().lines()?);
        feed.core = raw.core.map(|core| site.core(&core, "the feed")).transpose()?;
        feed.priority = site.priority(raw.priority.as_ref(), feed.core, "the feed")?;
        feed.lock_memory = raw.lock_memory;
        if let Some(restart) = &raw.restart {
            feed.restart = Restart::check(restart)?;
        }
        if let Some(venue) = &raw.venue {
            feed.venue = check_venue(venue)?;
        }
        if let Some(publish) = &raw.publish {
            feed.publish = Publish::check(publish)?;
            feed.publish.check_choice(publish, feed.venue)?;
        }
        feed.metrics = raw.metrics.as_ref().map(metrics::check).transpose()?;
        feed.symbols = raw.symbols.iter().map(check_name).collect::<Result<_, _>>()?;
        feed.instruments = InstrumentConfig::check(&raw.instrument, feed.venue)?;
        let key = "feed.live_orders";
        let live_orders = number(&raw.live_orders, key, LIVE_ORDERS, LIVE_ORDERS_DEFAULT)?;
        feed.live_orders = live_orders as usize;
        Ok(feed)
    }
}

fn check_venue(word: &Spanned<String>) -> Result<VenueChoice, Fault> {
    let typed = word.get_ref().as_str();
    if typed == "auto" {
        return Ok(VenueChoice::Auto);
    }
    typed.parse().map(VenueChoice::Named).map_err(|_| {
        let names = || Venue::ALL.iter().map(|(_, name)| *name).chain(["auto"]);
        let expected = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let fault = Fault::new(word.span(), "unknown venue").expected(expected);
        fault.found(format!("`{typed}`")).did_you_mean(typed, names())
    })
}

#[cfg(test)]
mod tests;
