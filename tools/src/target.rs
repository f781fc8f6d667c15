//! A file that appears whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tickline_feed::source::Compression;

/// How a file is to be packed, by its name.
pub fn compression(path: &Path) -> Compression {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Compression::Gzip,
        Some("zst") => Compression::Zstd,
        _ => Compression::None,
    }
}

/// A file under another name until [`Target::keep`] gives it its own; without that it is removed.
pub struct Target {
    file: File,
    /// Where it is written and where it belongs; `None` where it is written in place.
    move_to: Option<(PathBuf, PathBuf)>,
    replace: bool,
}

impl Target {
    /// A new file for `path`. What is no regular file (a device, a pipe) is written in place.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where a file is there and is not to be replaced.
    pub fn open(path: &Path, replace: bool) -> io::Result<Target> {
        // Through a symbolic link: the file that it leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(&path)?;
                return Ok(Target { file, move_to: None, replace });
            }
            Ok(_) if !replace => return Err(ErrorKind::AlreadyExists.into()),
            _ => {}
        }
        let mut name = OsString::from(".");
        name.push(path.file_name().ok_or(ErrorKind::InvalidInput)?);
        name.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(name);
        // Left behind by a process of the same number that was killed.
        let _ = fs::remove_file(&beside);
        let file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        Ok(Target { file, move_to: Some((beside, path)), replace })
    }

    /// A new file at `path` itself, which others can read while it is written, and which stays however
    /// this ends.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where a file is there and is not to be replaced.
    pub fn in_place(path: &Path, replace: bool) -> io::Result<Target> {
        let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
        let mut options = OpenOptions::new();
        match replace || special {
            true => options.write(true).create(true).truncate(true),
            false => options.write(true).create_new(true),
        };
        Ok(Target { file: options.open(path)?, move_to: None, replace })
    }

    /// Puts the file in its place, in one step.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where a file has appeared there since, and is not to be
    /// replaced.
    pub fn keep(mut self) -> io::Result<()> {
        let Some((beside, path)) = self.move_to.take() else { return Ok(()) };
        let moved =
            if self.replace { fs::rename(&beside, path) } else { rename_new(&beside, &path) };
        if moved.is_err() {
            let _ = fs::remove_file(beside);
        }
        moved
    }
}

/// Renames unless the new name is taken; in two steps where the file system cannot do both at once.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if !to.exists() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(ErrorKind::AlreadyExists.into()),
        result => Ok(result?),
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.move_to {
            let _ = fs::remove_file(beside);
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
