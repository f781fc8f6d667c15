//! `tickline config init`: a scenario to start from.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tickline_shared::exit::Exit;

use crate::output::stdout;

/// The demo scenario: it runs as it is, without any data, and explains each line.
pub const STARTER: &str = include_str!("../../../config/demo.toml");

/// Writes a commented scenario that runs as it is.
#[derive(clap::Args)]
pub struct Args {
    /// The file to write; `-` is the standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// Write over a file that exists.
    #[arg(long)]
    force: bool,
}

/// Why no file was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one already.
    #[error("{0}: expected a new file, found one; --force writes over it")]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{path}: cannot write: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    if args.output == Path::new("-") {
        let mut out = stdout();
        out.write_all(STARTER.as_bytes())?;
        out.flush()?;
    } else {
        create(&args.output, args.force)?;
        let mut out = stdout();
        writeln!(out, "{0}: written; `tickline launch {0}` runs it", args.output.display())?;
        out.flush()?;
    }
    Ok(Exit::Ok)
}

fn create(path: &Path, force: bool) -> Result<(), InitError> {
    let mut options = OpenOptions::new();
    match force {
        true => options.write(true).create(true).truncate(true),
        // The check and the creation are one step: no other process can come in between.
        false => options.write(true).create_new(true),
    };
    let written = options.open(path).and_then(|mut file| file.write_all(STARTER.as_bytes()));
    written.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => InitError::Exists(path.to_owned()),
        _ => InitError::Unwritable { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_overwritten_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        create(&path, false).unwrap();
        std::fs::write(&path, "mine").unwrap();
        let error = create(&path, false).unwrap_err().to_string();
        assert!(error.ends_with("a.toml: expected a new file, found one; --force writes over it"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        create(&path, true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), STARTER);
        let error = create(&folder.path().join("no/a.toml"), false).unwrap_err().to_string();
        assert!(error.contains("no/a.toml: cannot write: No such file"), "{error}");
    }
}
