//! ITCH 5.0 against two decoders from the registry: every field of every message of every capture,
//! and of arbitrary bytes of every type.

use proptest::prelude::*;
use tickline_feed::generate::{Day, Parameters};
use tickline_feed::source::Input;
use tickline_feed::venue::nasdaq_itch50::{KINDS, length};

use crate::captures::{all_files, captures};
use crate::wire::{Seen, play};

mod itch5;

mod itchy;

#[test]
fn every_message_of_every_capture() {
    let Some(root) = captures() else { return };
    let (mut compared, mut by_itchy, mut kinds) = (0, 0, std::collections::BTreeSet::new());
    for path in all_files(&root) {
        let (seen, _, error) = play(Input::open(&path).unwrap());
        assert!(error.is_none(), "{error:?}");
        for event in seen {
            let Seen::Message { bytes, .. } = event else { continue };
            // One capture holds another dialect, whose types have other lengths.
            if length(bytes[0]) != Some(bytes.len()) {
                continue;
            }
            itch5::compare(&bytes);
            by_itchy += usize::from(itchy::compare(&bytes));
            compared += 1;
            kinds.insert(char::from(bytes[0]));
        }
    }
    println!("{compared} messages, {by_itchy} of them by itchy too, of types {kinds:?}");
    assert!(compared >= 13_000 && by_itchy >= 13_000 && kinds.len() >= 16);
}

/// A message of any type, of arbitrary bytes.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(KINDS).prop_flat_map(|kind| {
        let rest = prop::collection::vec(any::<u8>(), length(kind).unwrap() - 1);
        rest.prop_map(move |rest| [&[kind], &rest[..]].concat())
    })
}

/// A message of any type whose codes `itchy` knows: printable text.
fn plain_messages() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(KINDS).prop_flat_map(|kind| {
        let letters = prop::sample::select(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789".as_slice());
        let rest = prop::collection::vec(letters, length(kind).unwrap() - 1);
        rest.prop_map(move |rest| [&[kind], &rest[..]].concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn arbitrary_messages_of_every_type(bytes in messages()) {
        itch5::compare(&bytes);
    }

    #[test]
    fn plain_messages_of_every_type(bytes in plain_messages()) {
        itchy::compare(&bytes);
    }
}

#[test]
fn every_message_of_a_generated_day() {
    let messages = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
    let mut day = Day::new(&Parameters::of(messages)).unwrap();
    let (mut compared, mut by_itchy) = (0, 0);
    while let Some(bytes) = day.next_message() {
        itch5::compare(bytes);
        by_itchy += u64::from(itchy::compare(bytes));
        compared += 1;
    }
    // One `h` and one `O`.
    assert_eq!((compared, by_itchy), (messages, messages - 2));
}
