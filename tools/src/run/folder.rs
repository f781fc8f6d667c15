//! The folder of a run: never one that holds another run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tickline_shared::process::{ProcessError, write_file};
use time::OffsetDateTime;
use time::macros::format_description;

/// A run cannot be kept there.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It holds something.
    #[error("{} is not empty: name another folder with --out, or remove it", .0.display())]
    NotEmpty(PathBuf),
    /// It cannot be made.
    #[error("cannot make the run's folder {}: {source}\n  name another one with --out", .path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The folder of a run.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes `out`, or `runs/<name>-<UTC time>` in the current folder.
    pub fn create(out: Option<&Path>, name: &str) -> Result<Folder, FolderError> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Unusable { path, source }
        };
        if let Some(path) = out {
            fs::create_dir_all(path).map_err(unusable(path))?;
            let empty = fs::read_dir(path).map_err(unusable(path))?.next().is_none();
            let path = fs::canonicalize(path).map_err(unusable(path))?;
            return if empty { Ok(Folder(path)) } else { Err(FolderError::NotEmpty(path)) };
        }
        let runs = Path::new("runs");
        fs::create_dir_all(runs).map_err(unusable(runs))?;
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let time = OffsetDateTime::now_utc().format(format).expect("every part is there");
        // Two runs may begin within one second.
        for attempt in 1.. {
            let again = if attempt == 1 { String::new() } else { format!("-{attempt}") };
            let path = runs.join(format!("{name}-{time}{again}"));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unusable(&path)(error)),
                Ok(()) => return Ok(Folder(fs::canonicalize(&path).map_err(unusable(&path))?)),
            }
        }
        unreachable!("some number is free")
    }

    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), ProcessError> {
        write_file(&self.0.join(name), contents)
    }

    /// Takes a process's part of the summary out of it; `None` where the process left none.
    pub fn take<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.0.join(name);
        let part = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        let _ = fs::remove_file(&path);
        Some(part)
    }
}
