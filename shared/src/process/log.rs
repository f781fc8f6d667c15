//! What a program says while it runs: lines for people, or one JSON object a line for machines.

use std::fmt;

use clap::ValueEnum;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Holds for every program that is not told otherwise; `tickline launch` hands it on.
pub const FORMAT_VARIABLE: &str = "TICKLINE_LOG_FORMAT";

/// Holds for every program that is not told otherwise.
pub const LEVEL_VARIABLE: &str = "TICKLINE_LOG_LEVEL";

/// What a program says on standard error, and how.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct LogArgs {
    /// Form of what is said on standard error.
    #[arg(long, value_name = "FORMAT", env = FORMAT_VARIABLE, global = true, default_value = "text")]
    pub log_format: LogFormat,

    /// What is said there: this and everything more severe.
    #[arg(long, value_name = "LEVEL", env = LEVEL_VARIABLE, global = true, default_value = "info")]
    pub log_level: LogLevel,
}

/// The form of a log.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line: timestamp, level, message.
    Json,
}

/// How severe something must be to be said.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogLevel {
    /// What ended the work.
    Error,
    /// What is not as it was asked for.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// What helps to find a mistake.
    Debug,
}

impl LogArgs {
    /// Starts the log of a process of a run: each line with its time and its level.
    pub fn start(self) {
        let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false);
        // Nobody may be listening any more.
        let log = log.log_internal_errors(false);
        let log = log.with_target(false).with_max_level(LevelFilter::from(self.log_level));
        // Already started, by a test or by a program that embeds the library: then that one stays.
        let _ = match self.log_format {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => self.start_json(),
        };
    }

    /// Starts the log of a command: what a person reads at a terminal, `warning: …`. What happens in
    /// the libraries, such as a strategy that attaches, is the log of a feed, not of a command; `own`
    /// is the crate whose words are all said.
    pub fn start_plain(self, own: &'static str) {
        let level = LevelFilter::from(self.log_level);
        let wanted = filter_fn(move |event| {
            let crate_of = event.target().split("::").next();
            *event.level() <= level && (*event.level() != Level::INFO || crate_of == Some(own))
        });
        // Nobody may be listening any more.
        let log = layer().with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false);
        let _ = match self.log_format {
            LogFormat::Text => registry()
                .with(log.event_format(Plain).with_filter(wanted))
                .try_init()
                .map_err(Box::from),
            LogFormat::Json => self.start_json(),
        };
    }

    fn start_json(self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let log = tracing_subscriber::fmt().with_writer(std::io::stderr).json();
        let log = log.log_internal_errors(false);
        let log = log.flatten_event(true).with_current_span(false).with_span_list(false);
        let log = log.with_target(false).with_max_level(LevelFilter::from(self.log_level));
        log.try_init()?;
        // Whoever reads JSON wants no line that is none.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
        Ok(())
    }
}

/// As on the command line.
impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

/// As on the command line.
impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

fn print(value: &impl ValueEnum, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(value.to_possible_value().expect("no value is hidden").get_name())
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> LevelFilter {
        match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        }
    }
}

/// `error: …`, `warning: …`, and what is neither as it is.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        writer.write_str(match level {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        })?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
