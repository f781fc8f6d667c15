use std::io;
use std::path::PathBuf;

use tickline_shared::recording::RecordingError;

use super::Compression;

/// Why a capture cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not open.
    #[error("cannot open {path}: {source}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory stands where a file was expected.
    #[error(
        "{path} is a directory: expected a capture file; name the files in it",
        path = path.display()
    )]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// The file stops reading.
    #[error("cannot read {path} beyond byte {offset}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Bytes read before.
        offset: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The packed bytes contradict themselves.
    #[error(
        "{path} is damaged: at byte {offset} expected {name} data, found {reason}; \
         everything before was read; fetch the file again, or test it with `{name} -t`",
        path = path.display(), name = compression.name()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        compression: Compression,
        /// Where in the packed file, to within what the decompressor reads at once.
        offset: u64,
        /// What the decompressor says.
        reason: String,
    },
    /// The packed file ends inside a member or frame.
    #[error(
        "{path} is cut short: it ends at byte {offset} inside {name} data; \
         everything before was read; fetch the file again",
        path = path.display(), name = compression.name()
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        compression: Compression,
        /// Length of the packed file.
        offset: u64,
    },
    /// The structure of a capture file is broken, and where the next record starts is unknown.
    #[error(
        "{path} is damaged: at byte {offset} (unpacked) expected {expected}, found {found}; \
         everything before was read",
        path = path.display()
    )]
    Container {
        /// The file.
        path: PathBuf,
        /// Where in the unpacked file.
        offset: u64,
        /// What should stand there.
        expected: &'static str,
        /// The field that cannot be.
        found: String,
    },
    /// The head of a recording is not what was written, or of another version.
    #[error("{path} is a recording that cannot be played: {source}", path = path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RecordingError,
    },
    /// Parts of a recording are not what was written.
    #[error(
        "{path} is damaged: {first}{}; everything else was read",
        match places { 1 => String::new(), n => format!(" ({n} such places, {records} records in all)") },
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first of them.
        first: String,
        /// How many there are.
        places: u64,
        /// Records lost with them.
        records: u64,
    },
    /// The bytes are nothing that this version reads.
    #[error(
        "{path} is no capture that tickline reads: looked for {looked_for}; found {found}; \
         check that the file is what its name says",
        path = path.display()
    )]
    Undecided {
        /// The file.
        path: PathBuf,
        /// Every format and framing that was tried.
        looked_for: String,
        /// The first bytes in hex.
        found: String,
    },
    /// A version of a format that is not read.
    #[error("{path} is {found}, which tickline does not read: {mend}", path = path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// A file of book levels stands where one of messages was expected.
    #[error(
        "{path} is a LOBSTER order book file: it holds levels, and no events; name the message file \
         that came with it (its name has `message` in place of `orderbook`)",
        path = path.display()
    )]
    OrderBook {
        /// The file.
        path: PathBuf,
    },
    /// The capture is another venue's than the one that was asked for.
    #[error(
        "{path} holds {found}, as its {evidence} say, and {asked} was asked for; set [feed] venue to \
         `{found}`, or to `auto`, or name another file",
        path = path.display()
    )]
    OtherVenue {
        /// The file.
        path: PathBuf,
        /// The venue that was asked for.
        asked: &'static str,
        /// The venue whose messages it holds.
        found: &'static str,
        /// What in the file says so.
        evidence: String,
    },
    /// A pipe gives its bytes once.
    #[error(
        "{path} is a pipe and cannot be read twice; copy it to a file first",
        path = path.display()
    )]
    NotRewindable {
        /// The pipe.
        path: PathBuf,
    },
}
