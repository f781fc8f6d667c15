//! The page: one look at a ring and its readers, as text that Prometheus reads.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use tickline_shared::attach::{ReaderSample, RingSample};
use tickline_shared::clock::ClockKind;
use tickline_shared::latency::{Buckets, Stage};

use super::table::{Kind, METRICS, Metric, Reading};

/// How the page is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Prometheus' text format 0.0.4, which every scraper reads.
    Text,
    /// OpenMetrics 1.0, which has units.
    OpenMetrics,
}

impl Format {
    /// The value of `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What the feed knows of itself and does not show in its ring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Build {
    /// The program's version.
    pub version: String,
    /// The pages of the ring.
    pub pages: String,
}

/// All that a page says.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// `None` where a ring is looked at from outside.
    pub build: Option<Build>,
    /// The ring and its readers.
    pub ring: RingSample,
    /// Strategies of the scenario.
    pub expected: Vec<String>,
}

impl Snapshot {
    /// The page.
    pub fn page(self, format: Format) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut page = String::with_capacity(16 << 10);
        text::encode(&mut page, &registry).expect("a String takes everything");
        match format {
            Format::OpenMetrics => page,
            Format::Text => as_text(&page),
        }
    }

    /// The strategies by name, and whether each is there.
    fn attached(&self) -> impl Iterator<Item = (&str, bool)> {
        let readers = &self.ring.readers;
        let missing = |name: &&String| readers.iter().all(|reader| reader.name != **name);
        let missing = self.expected.iter().filter(missing).map(|name| (name.as_str(), false));
        readers.iter().map(|reader| (reader.name.as_str(), reader.attached)).chain(missing)
    }

    fn build_labels(&self) -> Vec<(&'static str, String)> {
        let clock = match self.ring.clock {
            ClockKind::Tsc => "tsc",
            ClockKind::Monotonic => "monotonic",
        };
        let build = |of: fn(&Build) -> &String| self.build.as_ref().map(of).cloned();
        let labels = [
            ("version", build(|build| &build.version)),
            ("ring", Some(self.ring.name.clone())),
            ("venue", Some(self.ring.venue.clone()).filter(|venue| !venue.is_empty())),
            ("clock", Some(clock.to_owned())),
            ("pages", build(|build| &build.pages)),
        ];
        labels.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn write(&self, metric: &Metric, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let ring = &self.ring;
        match metric.reading {
            Reading::Build => gauge(1.0, encoder.encode_family(&self.build_labels())?),
            Reading::Counter(of) => counter(of(&ring.counts), encoder),
            Reading::Counters([label], of) => {
                of(ring).into_iter().try_for_each(|(value, count)| {
                    counter(count, encoder.encode_family(&[(*label, value)])?)
                })
            }
            Reading::Gauge(of) => of(ring).map_or(Ok(()), |value| gauge(value, encoder)),
            Reading::StrategyUp => self.attached().try_for_each(|(name, attached)| {
                gauge(f64::from(attached), encoder.encode_family(&[("strategy", name)])?)
            }),
            Reading::StrategyCounter(of) => {
                // One that comes back begins with what it has counted: before it shows that, its
                // zeros would look like the counters of another one.
                let mut shown = ring.readers.iter().filter(|reader| reader.heartbeat_ns > 0);
                shown.try_for_each(|reader| {
                    counter(of(&reader.counts), encoder.encode_family(&strategy(reader))?)
                })
            }
            Reading::StrategyGauge(of) => ring.readers.iter().try_for_each(|reader| {
                let Some(value) = of(ring, reader) else { return Ok(()) };
                gauge(value, encoder.encode_family(&strategy(reader))?)
            }),
            Reading::Stages => ring.readers.iter().try_for_each(|reader| {
                let live = reader.live.as_deref().filter(|live| live.written_ns > 0);
                let Some(live) = live else { return Ok(()) };
                Stage::ALL.iter().zip(&live.buckets).try_for_each(|(stage, buckets)| {
                    let labels = [("strategy", reader.name.as_str()), ("stage", stage.name())];
                    histogram(buckets, encoder.encode_family(&labels)?)
                })
            }),
        }
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        METRICS.iter().try_for_each(|metric| {
            // The format has units only for names that end in theirs.
            let named = metric.unit.and_then(|unit| {
                let family = metric.family.strip_suffix(unit)?.strip_suffix('_')?;
                Some((family, Unit::Other(unit.to_owned())))
            });
            let (family, unit) = named.map_or((metric.family, None), |(f, unit)| (f, Some(unit)));
            let kind = match metric.kind() {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram => MetricType::Histogram,
            };
            let encoder = encoder.encode_descriptor(family, metric.help, unit.as_ref(), kind)?;
            self.write(metric, encoder)
        })
    }
}

fn strategy(reader: &ReaderSample) -> [(&'static str, &str); 1] {
    [("strategy", &reader.name)]
}

fn counter(value: u64, encoder: MetricEncoder<'_>) -> fmt::Result {
    ConstCounter::new(value).encode(encoder)
}

fn gauge(value: f64, encoder: MetricEncoder<'_>) -> fmt::Result {
    ConstGauge::new(value).encode(encoder)
}

fn histogram(buckets: &Buckets, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    let (count, mut before) = (buckets.count(), 0);
    let bounds = buckets.cumulative().map(|(bound, sum)| (bound as f64 / 1e9, sum));
    // The encoder adds the buckets up again.
    let each = bounds.chain([(f64::INFINITY, count)]).map(|(bound, sum)| {
        let alone = sum - before;
        before = sum;
        (bound, alone)
    });
    let each: Vec<(f64, u64)> = each.collect();
    encoder.encode_histogram::<NoLabelSet>(buckets.sum_ns as f64 / 1e9, count, &each, None)
}

/// OpenMetrics as Prometheus' text format: that has no units and no end, and there a counter is
/// described under the name of its series.
fn as_text(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for line in page.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            text.extend([line, "\n"]);
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        let (Some(what @ ("HELP" | "TYPE")), Some(family), Some(rest)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let described = METRICS.iter().find(|metric| metric.family == family);
        let name = described.map_or_else(|| family.to_owned(), Metric::name);
        text.extend(["# ", what, " ", &name, " ", rest, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests;
