//! From an error to the exit code, and to what the person reads.

use anyhow::Error;
use tickline_shared::exit::Exit;
use tickline_shared::scenario::ScenarioError;

use crate::config::{InitError, NoSuchKey};
use crate::latency::{InputError, NoSuchStage};
use crate::output::StdoutClosed;
use crate::replay::NoCapture;
use crate::run::FolderError;
use crate::scenario::{LoadError, PathNotText, SetError};

/// Prints `error: …` with its causes, and gives the code to end with. One place knows which of the
/// crates' errors means what; an error that is not listed means "failed while running".
pub fn report(error: &Error) -> Exit {
    let exit = code(error);
    if exit != Exit::Ok {
        eprintln!("error: {error}");
        for cause in error.chain().skip(1) {
            eprintln!("  because: {cause}");
        }
    }
    exit
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
        || cause.is::<NoSuchStage>()
        || cause.is::<InputError>()
        || cause.is::<NoCapture>()
        || cause.is::<FolderError>();
    match () {
        () if usage => Some(Exit::Usage),
        () if is_stdout_closed(cause) => Some(Exit::Ok),
        () => None,
    }
}

/// An `io::Error` hides the error it was made from: look inside.
fn is_stdout_closed(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    inner.is_some_and(|inner| inner.is::<StdoutClosed>())
}
