//! From an error to the exit code, and to what the person reads.

use std::io;

use anyhow::Error;
use tickline_shared::attach::AttachError;
use tickline_shared::exit::Exit;
use tickline_shared::scenario::ScenarioError;

use crate::bench::BenchError;
use crate::book::BookError;
use crate::completions::Unwritable;
use crate::config::{InitError, NoSuchKey};
use crate::doctor::JitterError;
use crate::dump::DumpError;
use crate::generate::GenerateError;
use crate::latency::{
    CompareError, InputError, LogError, NoStageForSla, NoSuchStage, NotRecorded, SettingsError,
    WindowError,
};
use crate::metrics::MetricsError;
use crate::output::StdoutClosed;
use crate::record::RecordError;
use crate::replay::NoCapture;
use crate::run::FolderError;
use crate::scenario::{LoadError, PathNotText, SetError};
use crate::top::TopError;

/// Says `error: …` with its causes, and gives the code to end with. One place knows which of the
/// crates' errors means what; an error that is not listed means "failed while running".
pub fn report(error: &Error) -> Exit {
    let exit = code(error);
    if exit != Exit::Ok {
        tracing::error!("{}", text(error));
    }
    exit
}

/// The error and its causes, but for those that a message before has told already.
fn text(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text += &format!("\n  because: {cause}");
        }
    }
    text
}

/// The code that the first known error of the chain means.
fn code(error: &Error) -> Exit {
    error.chain().find_map(code_of).unwrap_or(Exit::Failed)
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    let usage = cause.is::<ScenarioError>()
        || cause.is::<LoadError>()
        || cause.is::<SetError>()
        || cause.is::<PathNotText>()
        || cause.is::<NoSuchKey>()
        || cause.is::<InitError>()
        || cause.is::<Unwritable>()
        || cause.is::<NoSuchStage>()
        || cause.is::<NoStageForSla>()
        || cause.is::<NotRecorded>()
        || cause.is::<InputError>()
        || cause.is::<WindowError>()
        || cause.is::<CompareError>()
        || cause.is::<SettingsError>()
        || cause.is::<NoCapture>()
        || cause.is::<FolderError>();
    if usage {
        return Some(Exit::Usage);
    }
    if let Some(error) = cause.downcast_ref::<LogError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<MetricsError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<BenchError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<BookError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<GenerateError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<RecordError>() {
        return Some(error.exit());
    }
    if let Some(error) = cause.downcast_ref::<DumpError>() {
        return Some(error.exit());
    }
    let environment =
        cause.is::<JitterError>() || cause.is::<TopError>() || cause.is::<AttachError>();
    if environment {
        return Some(Exit::Environment);
    }
    is_stdout_closed(cause).then_some(Exit::Ok)
}

/// An `io::Error` hides the error it was made from: look inside.
pub fn is_stdout_closed(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
    inner.is_some_and(|inner| inner.is::<StdoutClosed>())
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_told_once() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let told = InputError::Unreadable { path: "a".into(), source: missing() };
        assert_eq!(text(&told.into()), "a: cannot read it: entity not found");
        let untold = Err::<(), _>(missing()).context("no run").unwrap_err();
        assert_eq!(text(&untold), "no run\n  because: entity not found");
    }

    #[test]
    fn what_an_error_means() {
        let closed = io::Error::new(io::ErrorKind::BrokenPipe, StdoutClosed);
        assert_eq!(code(&Error::new(closed).context("printing")), Exit::Ok);
        let other = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(code(&Error::new(other)), Exit::Failed);
        let usage = Error::new(SetError::NoValue("x".to_owned())).context("reading flags");
        assert_eq!(code(&usage), Exit::Usage);
    }
}
