//! What can stand where a capture should: large files, pipes, directories, nothing.

use std::io::Write;
use std::path::Path;

use tickline_feed::framing::AHEAD;
use tickline_feed::framing::Event;
use tickline_feed::inspect::survey;
use tickline_feed::session::Sessions;
use tickline_feed::source::{Error, Input};
use tickline_feed::stream::{self, AnyStream};

use crate::wire::{binary_file, delete, line_a, numbered, play, references};

#[test]
fn a_large_file_is_read_ahead_and_read_whole() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let block = binary_file(&(0..50_000).map(delete).collect::<Vec<_>>());
    // 150 MiB: three chunks of the thread that reads ahead.
    let blocks = (150 << 20) / block.len() as u64 + 1;
    for _ in 0..blocks {
        file.write_all(&block).unwrap();
    }
    let mut input = Input::open(file.path()).unwrap();
    input.wait_ready();
    assert_eq!(input.progress().total, Some(blocks * block.len() as u64));
    let mut read = 0;
    while input.fill(1).unwrap() {
        // Windows end within blocks: compare what is left of one.
        let at = read % block.len();
        let n = input.window().len().min(block.len() - at);
        assert!(input.take(n) == &block[at..at + n]);
        read += n;
    }
    assert_eq!(read as u64, blocks * block.len() as u64);
    assert_eq!(input.progress().consumed, read as u64);
    // Dropped in the middle of reading ahead.
    for _ in 0..10 {
        drop(Input::open(file.path()).unwrap());
    }
}

#[test]
fn nothing_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = survey(&folder.path().join("missing"), None);
    assert!(matches!(missing, Err(Error::Open { .. })), "{missing:?}");
    let directory = survey(folder.path(), None);
    assert!(matches!(directory, Err(Error::Directory { .. })), "{directory:?}");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, []).unwrap();
    for path in [&empty, Path::new("/dev/null")] {
        let nothing = survey(path, None);
        assert!(matches!(nothing, Err(Error::Undecided { .. })), "{nothing:?}");
    }
}

#[test]
fn a_pipe_is_read_as_its_bytes_come_but_not_twice() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
    let messages: Vec<_> = (0..100).map(delete).collect();
    let bytes = binary_file(&messages);
    let sender = std::thread::spawn(move || {
        for piece in bytes.chunks(7) {
            writer.write_all(piece).unwrap();
        }
    });
    let mut input = Input::open(&path).unwrap();
    input.wait_ready();
    assert_eq!(input.progress().total, None);
    assert!(matches!(input.rewind(), Err(Error::NotRewindable { .. })));
    let (seen, counts, error) = play(input);
    sender.join().unwrap();
    assert!(error.is_none(), "{error:?}");
    assert!(references(&seen).into_iter().eq(0..100));
    assert!(!counts.truncated);
}

#[test]
fn a_restarted_stream_says_the_same_again() {
    let bytes = line_a(&[numbered(1, 3), numbered(5, 1)]);
    let opened = stream::open(Input::from_bytes("t", bytes), None, Sessions::default()).unwrap();
    let AnyStream::MoldUdp64(mut stream) = opened.stream else { panic!("{opened:?}") };
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let mut counts = tickline_feed::counts::Counts::default();
        let mut events = Vec::new();
        loop {
            let event = format!("{:?}", stream.next(&mut counts).unwrap());
            if event == "End" {
                break;
            }
            events.push(event);
        }
        assert_eq!(events.len(), 6);
        rounds.push((events, counts));
        stream.restart().unwrap();
    }
    assert!(rounds.iter().all(|round| *round == rounds[0]));
}

#[test]
fn sessions_go_on_in_the_next_file() {
    let mut sessions = Sessions::default();
    let mut counts = tickline_feed::counts::Counts::default();
    let mut events = Vec::new();
    for first in [1, 4, 9] {
        let bytes = line_a(&[numbered(first, 3)]);
        let opened = stream::open(Input::from_bytes("t", bytes), None, sessions).unwrap();
        let AnyStream::MoldUdp64(mut stream) = opened.stream else { panic!("{opened:?}") };
        loop {
            let event = format!("{:?}", stream.next(&mut counts).unwrap());
            if event == "End" {
                break;
            }
            events.push(event);
        }
        sessions = stream.into_sessions();
    }
    assert_eq!((counts.sessions, counts.gaps, counts.gap_messages), (1, 1, 2));
    assert_eq!(events.len(), 1 + 9 + 1);
}

#[test]
fn a_binary_file_shows_each_message_once_and_as_far_ahead_as_it_says() {
    let messages: Vec<_> = (1..=20).map(delete).collect();
    let input = Input::from_bytes("t", binary_file(&messages));
    let opened = stream::open(input, None, Sessions::default()).unwrap();
    let AnyStream::BinaryFile(mut stream) = opened.stream else { panic!("{opened:?}") };
    let mut counts = tickline_feed::counts::Counts::default();
    let (mut shown, mut lent) = (Vec::new(), 0);
    loop {
        while let Some(message) = stream.ahead() {
            shown.push(message.to_vec());
        }
        assert_eq!(shown.len(), messages.len().min(lent + AHEAD as usize));
        match stream.next(&mut counts).unwrap() {
            Event::Message { bytes, .. } => {
                assert_eq!((bytes, &shown[lent]), (&messages[lent][..], &messages[lent]));
                lent += 1;
            }
            Event::End => break,
            _ => {}
        }
    }
    assert_eq!((lent, shown), (20, messages));
}

#[test]
fn a_datagram_shows_what_came_with_the_message_at_hand() {
    // 13 messages, twice (what was seen is neither shown nor lent again), a gap, and one alone.
    let packets = [numbered(1, 13), numbered(1, 13), numbered(11, 5), numbered(20, 1)];
    let input = Input::from_bytes("t", line_a(&packets));
    let opened = stream::open(input, None, Sessions::default()).unwrap();
    let AnyStream::MoldUdp64(mut stream) = opened.stream else { panic!("{opened:?}") };
    let mut counts = tickline_feed::counts::Counts::default();
    let (mut shown, mut lent) = (Vec::new(), Vec::new());
    loop {
        let before = shown.len();
        while let Some(message) = stream.ahead() {
            shown.push(reference(message));
        }
        assert!(shown.len() - before <= AHEAD as usize);
        match stream.next(&mut counts).unwrap() {
            Event::Message { bytes, .. } => lent.push(reference(bytes)),
            Event::End => break,
            _ => {}
        }
    }
    assert_eq!(lent, (1..=15).chain([20]).collect::<Vec<_>>());
    // The first message that a datagram lends is at hand as soon as the datagram is.
    assert_eq!(shown, (2..=13).chain([15]).collect::<Vec<_>>());
}

fn reference(delete: &[u8]) -> u64 {
    u64::from_be_bytes(*delete.last_chunk().unwrap())
}
