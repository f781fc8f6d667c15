use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::*;
use crate::memory::{Access, Region, Shared};
use crate::msg::{Status, Topic};
use crate::units::{Price, Symbol};

fn symbol(name: &str) -> Symbol {
    name.parse().unwrap()
}

/// The table as another process sees it.
fn foreign(registry: &Registry) -> Instruments {
    let descriptor = registry.memory().descriptor().try_clone_to_owned().unwrap();
    let region = Region::open(descriptor, size_of::<Table>(), Access::Read).unwrap();
    Instruments::new(std::sync::Arc::new(region).view(0))
}

#[test]
fn what_is_entered_is_found_and_grows() {
    let mut registry = Registry::create().unwrap();
    let instruments = foreign(&registry);
    let ivoo = symbol("IVOO");
    assert_eq!((instruments.get(ivoo), instruments.len()), (None, 0));
    let listing = Listing::new(ivoo.into()).with_lot(100);
    let place = registry.enter(ivoo, &listing).unwrap();
    let more = Listing::new(ivoo.into()).with_quantity_decimals(3).with_tick(Price(10_000_000));
    assert_eq!(registry.enter(ivoo, &more), Some(place));
    let found = instruments.get(ivoo).unwrap();
    assert_eq!(found.listing, more.with_lot(100), "what was said before stays");
    assert_eq!((found.name().text().as_str(), found.units(2_500)), ("IVOO", 2.5));
    assert_eq!((instruments.len(), registry.len(), instruments.left_out()), (1, 1, 0));
    assert_eq!(instruments.get(Symbol::NONE), None);
    assert_eq!(Instruments::default().get(ivoo), None);
}

#[test]
fn statuses_hold_until_the_next_day() {
    let mut registry = Registry::create().unwrap();
    let instruments = foreign(&registry);
    let place = registry.enter(symbol("IVOO"), &Listing::new(Name::of("IVOO"))).unwrap();
    let look = || instruments.get(symbol("IVOO")).unwrap();
    let halted = Status { topic: Topic::Trading, code: b'H', reason: *b"T1\0\0" };
    assert!(look().trades() && look().statuses().next().is_none());
    registry.set_status(place, &halted);
    registry.set_status(place, &Status { topic: Topic(99), ..halted });
    registry.set_status(place, &Status { topic: Topic(0), ..halted });
    registry.set_status(place, &Status { topic: Topic::ShortSale, code: b'1', reason: [0; 4] });
    assert_eq!(look().status(Topic::Trading), Some(halted));
    assert_eq!((look().trades(), look().statuses().count()), (false, 2));
    let resumed = Status { topic: Topic::Trading, code: b'T', reason: [0; 4] };
    registry.set_status(place, &resumed);
    assert_eq!((look().status(Topic::Trading), look().trades()), (None, true));
    let open = Status { topic: Topic::Venue, code: b'Q', reason: [0; 4] };
    registry.set_venue_status(&open);
    assert_eq!(instruments.venue_status(), Some(open));
    registry.clear_statuses();
    assert_eq!((look().statuses().count(), instruments.venue_status()), (0, None));
}

#[test]
fn a_full_table_counts_what_it_leaves_out() {
    let mut registry = Registry::create().unwrap();
    let of = |n: usize| Symbol((n as u64 + 1).to_le_bytes());
    for n in 0..INSTRUMENTS_MAX {
        assert!(registry.enter(of(n), &Listing::new(Name::of(n.to_string()))).is_some());
    }
    let one_more = Listing::new(Name::of("x"));
    assert_eq!(registry.enter(of(INSTRUMENTS_MAX), &one_more), None);
    assert!(registry.enter(of(7), &one_more.with_lot(5)).is_some(), "it is there");
    let instruments = registry.instruments();
    assert_eq!((instruments.len(), instruments.left_out()), (INSTRUMENTS_MAX, 1));
    for n in [0, 7, INSTRUMENTS_MAX - 1] {
        assert_eq!(instruments.get(of(n)).unwrap().name().text(), n.to_string());
    }
    assert_eq!(instruments.find("65535").unwrap().symbol, of(65_535));
}

#[test]
fn a_name_gets_the_symbol_that_is_wished_for_or_free() {
    let mut registry = Registry::create().unwrap();
    let (long, other) = (Name::of("1000SATSUSDT"), Name::of("1000SATSUSDC"));
    let sats = Some(symbol("SATS"));
    assert_eq!(registry.symbol(&long, None, |_| false), symbol("1000~6AB"));
    assert_eq!(registry.symbol(&long, sats, |_| false), symbol("SATS"));
    registry.enter(symbol("SATS"), &Listing::new(long));
    assert_eq!(registry.symbol(&long, sats, |_| false), symbol("SATS"), "it is its own");
    assert_ne!(registry.symbol(&other, sats, |_| false), symbol("SATS"), "it is taken");
    let sats = Name::of("SATS");
    assert_ne!(registry.symbol(&sats, None, |_| false), symbol("SATS"), "it is taken");
    let meta = Name::of("META");
    assert_eq!(registry.symbol(&meta, None, |_| false), symbol("META"));
    assert_eq!(registry.symbol(&meta, None, |_| true), symbol("META"), "it is its name");
    let reserved = |symbol: Symbol| symbol.name() == "1000~6AB";
    let pepe = Name::of("1000SATSUSDT");
    let mut other = Registry::create().unwrap();
    assert_eq!(other.symbol(&pepe, None, reserved), symbol("100~96AB"));
    other.enter(symbol("META"), &Listing::new(pepe));
    assert_ne!(other.symbol(&meta, None, |_| false), symbol("META"));
}

/// What is found is whole, while another thread enters more.
#[test]
fn readers_see_whole_entries_while_the_table_grows() {
    const COUNT: u32 = 20_000;
    let mut registry = Registry::create().unwrap();
    let instruments = foreign(&registry);
    let of = |n: u32| Symbol((u64::from(n) + 1).to_le_bytes());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut last) = (0_u64, 0);
            while !done.load(Ordering::Relaxed) {
                let count = instruments.len() as u32;
                assert!(count >= last, "entries never go");
                last = count;
                for n in [0, count / 2, count.saturating_sub(1), count] {
                    let Some(found) = instruments.get(of(n)) else {
                        assert!(n >= count, "entry {n} of {count} is there");
                        continue;
                    };
                    assert_eq!(found.name().text(), n.to_string());
                    assert_eq!(found.listing.lot(), Some(n + 1));
                    seen += 1;
                }
            }
            seen
        });
        for n in 0..COUNT {
            let listing = Listing::new(Name::of(n.to_string())).with_lot(n + 1);
            registry.enter(of(n), &listing).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    assert_eq!(instruments.len(), COUNT as usize);
}

/// Whatever another process left in the memory, looking at it ends and shows printable text.
#[test]
fn a_damaged_table_harms_nobody() {
    for seed in [0_u64, 1, 0xffff_ffff_ffff_ffff, 0x1234_5678_9abc_def1] {
        let registry = Registry::create().unwrap();
        let region = registry.memory();
        let table: Shared<Table> = region.view(0);
        let mut state = seed;
        // Marsaglia's xorshift; 0 and all ones stay as they are.
        table.damage(|| match seed {
            0 | u64::MAX => seed,
            _ => {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            }
        });
        let instruments = foreign(&registry);
        assert!(instruments.len() <= INSTRUMENTS_MAX);
        for name in ["IVOO", "A", "ABCDEFGH"] {
            let _ = instruments.get(symbol(name));
        }
        for instrument in instruments.iter().take(1_000) {
            let shown = format!("{instrument:?} {}", instrument.trades());
            assert!(shown.is_ascii());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn agrees_with_a_map(
        steps in proptest::collection::vec(("[A-C]{1,3}", any::<u32>(), 0..4_u8), 0..200),
    ) {
        let mut registry = Registry::create().unwrap();
        let instruments = registry.instruments();
        let mut model: HashMap<String, (u32, u64)> = HashMap::new();
        for (name, value, what) in &steps {
            let place = registry.enter(symbol(name), &Listing::new(Name::of(name))).unwrap();
            let known = model.entry(name.clone()).or_default();
            match what {
                0 => {
                    registry.enter(symbol(name), &Listing::new(Name::of(name)).with_lot(*value));
                    if *value != 0 {
                        known.0 = *value;
                    }
                }
                1 => registry.clear_statuses(),
                _ => {
                    let [code, a, b, c] = value.to_le_bytes();
                    let status = Status { topic: Topic::ShortSale, code, reason: [a, b, c, 0] };
                    registry.set_status(place, &status);
                    known.1 = if status.is_usual() { 0 } else { status.id() };
                }
            }
            if *what == 1 {
                model.values_mut().for_each(|known| known.1 = 0);
            }
        }
        prop_assert_eq!(instruments.len(), model.len());
        for (name, (lot, id)) in &model {
            let found = instruments.get(symbol(name)).unwrap();
            prop_assert_eq!(found.listing.lot().unwrap_or(0), *lot);
            prop_assert_eq!(found.status(Topic::ShortSale).map_or(0, |status| status.id()), *id);
        }
    }
}
