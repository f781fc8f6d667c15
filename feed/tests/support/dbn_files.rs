//! Captures of DBN, and how the crate of those who own the format reads them.

#![allow(dead_code, reason = "two tests share it")]

use std::path::{Path, PathBuf};

use dbn::decode::dbn::{Decoder, RecordDecoder};
use dbn::decode::{DbnMetadata, DecodeRecordRef};
use dbn::{HasRType, Metadata, RecordHeader, VersionUpgradePolicy};

/// The folder of captures, `None` (and a printed line) where it is absent.
pub fn captures() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/dbn");
    if !root.is_dir() {
        println!("skipped: no captures at {}", root.display());
        return None;
    }
    Some(root)
}

/// The files of both folders of small ones.
pub fn small_files(root: &Path) -> Vec<PathBuf> {
    let folders = ["fixtures", "xnas-itch"].map(|folder| root.join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A file as another decompressor unpacks it.
pub fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return zstd::decode_all(bytes.as_slice()).unwrap();
    }
    bytes
}

/// What the crate reads: the metadata, where there are any, and the records, as they lie in the file.
pub fn theirs(bytes: &[u8]) -> (Option<Metadata>, Vec<Vec<u8>>) {
    let policy = VersionUpgradePolicy::AsIs;
    if !bytes.starts_with(b"DBN") {
        // Of definitions the length says the version.
        let version = match bytes.first() {
            Some(90) => 1,
            Some(100) => 2,
            _ => 3,
        };
        return (None, all(RecordDecoder::with_version(bytes, version, policy, false).unwrap()));
    }
    let decoder = Decoder::with_upgrade_policy(bytes, policy).unwrap();
    (Some(decoder.metadata().clone()), all(decoder))
}

fn all(mut decoder: impl DecodeRecordRef) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some(record) = decoder.decode_record_ref().unwrap() {
        records.push(record.as_ref().to_vec());
    }
    records
}

/// The records of a type, as the crate has them.
pub fn of_type<T: HasRType<Header = RecordHeader> + Clone>(records: &[Vec<u8>]) -> Vec<T> {
    let policy = VersionUpgradePolicy::AsIs;
    let bytes = records.concat();
    let mut decoder = RecordDecoder::with_version(bytes.as_slice(), 3, policy, false).unwrap();
    let mut found = Vec::new();
    while let Some(record) = decoder.decode_record_ref().unwrap() {
        found.extend(record.get::<T>().cloned());
    }
    found
}
