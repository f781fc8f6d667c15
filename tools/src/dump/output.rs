//! Where rows go: standard output, or a file that never replaces another one unasked.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tickline_feed::generate::Packing;

use super::DumpError;
use crate::output::Stdout;
use crate::target::{self, Target};

/// Where rows go, packed as the file's name asks for. What is written to it should be large.
pub struct Output {
    to: Packing<To>,
}

/// What is written in the end.
enum To {
    Stdout(Stdout),
    File(Target),
}

/// Which output is wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The file; `None`, and `-`, for standard output.
    pub path: Option<&'a Path>,
    /// Whether it may replace another one.
    pub force: bool,
    /// Whether the file is there from the start, so that others can read it while it grows. Else it
    /// appears once it is whole.
    pub grows: bool,
    /// Whether people can read it.
    pub text: bool,
}

impl Wanted<'_> {
    /// What messages call it.
    pub fn name(&self) -> PathBuf {
        self.file().map_or("the standard output".into(), Path::to_owned)
    }

    fn file(&self) -> Option<&Path> {
        self.path.filter(|path| *path != Path::new("-"))
    }

    /// Opens it.
    pub fn open(&self) -> Result<Output, DumpError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::AlreadyExists => DumpError::Exists(self.name()),
            _ => DumpError::Write { path: self.name(), source },
        };
        let Some(path) = self.file() else {
            if !self.text && io::stdout().is_terminal() {
                return Err(DumpError::Terminal);
            }
            return Ok(Output { to: Packing::None(To::Stdout(crate::output::unbuffered())) });
        };
        let target = match self.grows {
            true => Target::in_place(path, self.force),
            false => Target::open(path, self.force),
        };
        let to = To::File(target.map_err(failed)?);
        Ok(Output { to: Packing::new(target::compression(path), to).map_err(failed)? })
    }
}

impl Output {
    /// Nothing more comes: a file gets its name.
    ///
    /// # Errors
    /// Those of writing; [`ErrorKind::AlreadyExists`] where a file has appeared in its place.
    pub fn keep(self) -> io::Result<()> {
        match self.to.finish()? {
            To::Stdout(mut stdout) => stdout.flush(),
            To::File(target) => target.keep(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            To::Stdout(stdout) => stdout.write(bytes),
            To::File(target) => target.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            To::Stdout(stdout) => stdout.flush(),
            To::File(target) => target.flush(),
        }
    }
}
