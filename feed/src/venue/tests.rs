//! What holds for every venue of the list.

use std::path::Path;

use proptest::prelude::*;

use super::market::{Decoder, Setting};
use super::{Venue, WithDecoder};

/// Decodes one message after the other, and asks for everything that they say.
struct DecodeAll<'a>(&'a [Vec<u8>]);

impl WithDecoder for DecodeAll<'_> {
    type Output = ();

    fn with<D: Decoder>(self) {
        /// Far more than a message of these lengths can say.
        const SAID_MAX: usize = 10_000;
        let mut decoder = D::new(&Setting::of(Path::new("an example")));
        for bytes in self.0 {
            if decoder.decode(bytes).is_ok() && D::SEVERAL {
                let said = (0..SAID_MAX).take_while(|_| decoder.more(bytes).is_some()).count();
                assert!(said < SAID_MAX, "no end: {bytes:02x?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
        kinds in prop::collection::vec(any::<u8>(), 8),
    ) {
        let mut typed = messages.clone();
        for (message, kind) in typed.iter_mut().zip(kinds) {
            if let Some(first) = message.first_mut() {
                *first = kind;
            }
        }
        for (venue, _) in Venue::ALL {
            venue.with(DecodeAll(&messages));
            venue.with(DecodeAll(&typed));
        }
    }
}

#[test]
fn names_lead_back_to_venues() {
    for (venue, name) in Venue::ALL {
        assert_eq!(name.parse(), Ok(*venue));
        assert_eq!(venue.name(), *name);
    }
    let error = "nasdaq".parse::<Venue>().unwrap_err().to_string();
    assert!(error.contains("`nasdaq` is no venue") && error.contains("nasdaq-itch50"), "{error}");
}
