//! gzip and Zstandard: members, cuts, damage, and records that lie across chunks.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;
use tickline_feed::counts::Counts;
use tickline_feed::inspect::survey;
use tickline_feed::source::{self, Error, Input};

use crate::wire::{Seen, binary_file, delete, line_a, numbered, play, references};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// With a checksum, without which Zstandard notices little of what happens to its bytes.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Deletions that compress badly enough to fill some chunks.
fn day(count: u64) -> Vec<u8> {
    let scrambled = |n: u64| delete(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    binary_file(&(0..count).map(scrambled).collect::<Vec<_>>())
}

fn write(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("no-extension");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn play_file(path: &Path) -> (Vec<Seen>, Counts, Option<Error>) {
    play(Input::open(path).unwrap())
}

#[test]
fn packed_files_give_what_was_packed() {
    let folder = tempfile::tempdir().unwrap();
    let plain = day(120_000);
    let expected = play(Input::from_bytes("plain", plain.clone()));
    let (front, back) = plain.split_at(plain.len() / 3);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], b"skip"].concat();
    let files = [
        ("gzip", gzip(&plain)),
        ("gzip", [gzip(front), gzip(back)].concat()),
        ("gzip", [gzip(&[]), gzip(&plain), gzip(&[])].concat()),
        ("gzip", [gzip(&plain), vec![0; 512]].concat()),
        ("zstd", zstd(&plain)),
        ("zstd", [zstd(front), zstd(back)].concat()),
        ("zstd", [skippable.clone(), zstd(front), skippable, zstd(back)].concat()),
    ];
    for (name, packed) in files {
        let path = write(&folder, &packed);
        let input = Input::open(&path).unwrap();
        assert_eq!(input.compression().name(), name);
        assert_eq!(input.progress().total, Some(packed.len() as u64));
        let (seen, counts, error) = play(input);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(counts, expected.1);
        assert!(seen == expected.0);
    }
}

#[test]
fn small_packed_captures() {
    let folder = tempfile::tempdir().unwrap();
    let capture = line_a(&[numbered(1, 3), numbered(4, 1)]);
    for packed in [gzip(&capture), zstd(&capture)] {
        let report = survey(&write(&folder, &packed), None).unwrap();
        assert_eq!((report.format, report.counts.messages), ("pcap", 4));
    }
}

#[test]
fn a_cut_packed_file_gives_what_was_there_and_says_where_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let plain = day(200_000);
    for packed in [gzip(&plain), zstd(&plain)] {
        for length in [packed.len() / 2, packed.len() - 1, packed.len() - 9] {
            let path = write(&folder, &packed[..length]);
            let (seen, counts, error) = play_file(&path);
            let Some(Error::CutShort { path: named, offset, .. }) = error else {
                panic!("{error:?}")
            };
            assert_eq!((&named, offset), (&path, length as u64));
            // Zstandard unpacks whole blocks of up to 128 KiB.
            let share = length as f64 / packed.len() as f64 * 200_000.0;
            assert!(seen.len() as f64 > share - 14_000.0, "{} of {share}", seen.len());
            assert_eq!(counts.messages, references(&seen).len() as u64);
            let report = survey(&path, None).unwrap();
            assert!(report.counts.truncated && report.error.is_some());
        }
    }
}

#[test]
fn damage_is_an_error_after_everything_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let plain = day(200_000);
    for packed in [gzip(&plain), zstd(&plain)] {
        let mut damaged = packed.clone();
        let middle = packed.len() / 2;
        for byte in &mut damaged[middle..middle + 64] {
            *byte = 0xff;
        }
        let (seen, _, error) = play_file(&write(&folder, &damaged));
        let Some(Error::Corrupt { offset, .. }) = error else { panic!("{error:?}") };
        assert!(offset >= middle as u64 / 2 && offset <= packed.len() as u64, "{offset}");
        assert!(seen.len() > 60_000, "{}", seen.len());
    }
    // Bytes behind the last member that are neither a member nor padding.
    let trailing = [gzip(&plain), b"trailing".to_vec()].concat();
    let (seen, _, error) = play_file(&write(&folder, &trailing));
    assert_eq!(references(&seen).len(), 200_000);
    assert!(matches!(error, Some(Error::Corrupt { .. })), "{error:?}");
}

#[test]
fn every_cut_and_every_flip_of_a_small_packed_file_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let capture = line_a(&[numbered(1, 3), numbered(4, 1)]);
    for packed in [gzip(&capture), zstd(&capture)] {
        for at in 0..packed.len() {
            let mut flipped = packed.clone();
            flipped[at] ^= 0x55;
            for bytes in [&packed[..at], &flipped] {
                // Whatever it says, it says it without a panic and without waiting for ever.
                let _ = survey(&write(&folder, bytes), None);
            }
        }
    }
}

#[test]
fn records_lie_across_chunks() {
    let folder = tempfile::tempdir().unwrap();
    // Packets of 60,000 bytes: one in every chunk of 1 MiB is cut by its end.
    let datagram = |n: u64| {
        let padding = vec![b'?'; 59_000];
        crate::wire::mold(2 * n + 1, &[padding, delete(n)])
    };
    let capture = line_a(&(0..100).map(datagram).collect::<Vec<_>>());
    let (seen, counts, error) = play_file(&write(&folder, &zstd(&capture)));
    assert!(error.is_none(), "{error:?}");
    assert_eq!((counts.messages, counts.gaps, counts.packets), (200, 0, 100));
    let deletions = references(&seen).into_iter().skip(1).step_by(2);
    assert!(deletions.eq(0..100));
}

#[test]
fn a_window_longer_than_the_room_for_the_rest_of_a_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let plain = day(200_000);
    let mut input = Input::open(write(&folder, &gzip(&plain))).unwrap();
    input.consume(5);
    assert!(input.fill(3 << 20).unwrap());
    assert!(plain.starts_with(input.window()) || input.window().len() <= plain.len());
    assert_eq!(input.window(), &plain[..input.window().len()]);
    input.consume(1_000_000);
    assert_eq!(input.offset(), 1_000_000);
    assert!(!input.fill(plain.len()).unwrap());
    assert_eq!(input.window(), &plain[1_000_000..]);
}

#[test]
fn waiting_returns_though_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    // Less than goes ahead of the reader, and more.
    for length in [0, 1, 3 << 20, 200 << 20] {
        let input = Input::open(write(&folder, &zstd(&vec![0; length]))).unwrap();
        input.wait_ready();
        assert!(input.window().is_empty());
    }
}

#[test]
fn dropping_an_input_early_ends_its_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, &zstd(&vec![0; 200 << 20]));
    for _ in 0..20 {
        let mut input = Input::open(&path).unwrap();
        assert!(input.refill().unwrap());
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    // 20 threads that had gone on would hold 64 MiB each, and be seen here.
    for _ in 0..200 {
        if threads() < 12 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{} threads are left", threads());
}

#[test]
fn rewinding_reads_the_same_again() -> Result<(), source::Error> {
    let folder = tempfile::tempdir().unwrap();
    let plain = day(1_000);
    for bytes in [plain.clone(), gzip(&plain)] {
        let mut input = Input::open(write(&folder, &bytes))?;
        for _ in 0..3 {
            while input.refill()? {}
            assert_eq!(input.window(), plain);
            input.consume(usize::MAX);
            assert!(!input.fill(1)?);
            input.rewind()?;
            assert_eq!(input.offset(), 0);
        }
    }
    Ok(())
}
