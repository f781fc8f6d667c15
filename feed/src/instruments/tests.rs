use super::*;

fn symbol(name: &str) -> Symbol {
    name.parse().unwrap()
}

fn wanting(filter: &[&str], said: Vec<InstrumentConfig>) -> Instruments {
    Instruments::new(filter.iter().map(Name::of).collect(), said).unwrap()
}

#[test]
fn a_filter_wants_its_symbols_and_knows_which_never_came() {
    let mut instruments = wanting(&["ZZZ", "IVOO"], Vec::new());
    assert!(!instruments.get(7).wanted, "not before its name is known");
    assert!(instruments.named(7, symbol("IVOO")).wanted);
    assert!(instruments.get(7).wanted);
    assert!(!instruments.named(7, symbol("META")).wanted, "the number was given anew");
    assert_eq!(instruments.missing(), [Name::of("ZZZ")]);
    assert!(wanting(&[], Vec::new()).get(0).wanted);
}

#[test]
fn names_are_numbered_and_filtered_as_numbers_are() {
    let mut instruments = wanting(&["ZVZZT"], Vec::new());
    assert_eq!(Symbol::NONE.number(&mut instruments), Some(0));
    assert_eq!(symbol("ZXIET").number(&mut instruments), Some(1));
    assert_eq!(symbol("ZVZZT").number(&mut instruments), Some(2));
    assert_eq!(symbol("ZXIET").number(&mut instruments), Some(1));
    assert_eq!([0, 1, 2].map(|n| instruments.get(n).wanted), [false, false, true]);
    assert!(instruments.missing().is_empty());
}

#[test]
fn a_long_name_is_called_by_its_alias() {
    let mut instruments = wanting(&[], Vec::new());
    let mut learn =
        |number, name| instruments.learn(number, &Listing::new(Name::of(name))).symbol.name();
    assert_eq!(learn(1, "BTCUSDT"), "BTCUSDT");
    assert_eq!(learn(2, "1000SATSUSDT"), "1000~6AB");
    assert_eq!(learn(3, "1000~6AB"), "1000~UG4", "its symbol is somebody's alias");
    assert_eq!(learn(4, "1000SATSUSDT"), "1000~6AB", "the same under another number");
    assert_eq!(instruments.get(2).symbol, "1000~6AB".parse().unwrap());
}

fn said(name: &str, alias: Option<&str>) -> InstrumentConfig {
    InstrumentConfig { listing: Listing::new(Name::of(name)), alias: alias.map(symbol) }
}

#[test]
fn the_scenario_names_and_adds() {
    let mut pepe = said("1000PEPEUSDT", Some("PEPE"));
    pepe.listing = pepe.listing.with_lot(10).with_quantity_decimals(2).with_price_decimals(7);
    let mut instruments =
        wanting(&[], vec![said("1000CATUSDT", Some("SATS")), pepe, said("NOBODY", None)]);
    let venue = Listing::new(Name::of("1000PEPEUSDT")).with_quantity_decimals(0).with_lot(1);
    let venue = venue.with_tick(tickline_shared::units::Price(100));
    assert_eq!(instruments.learn(1, &venue).symbol, symbol("PEPE"));
    let known = instruments.registry().instruments();
    let found = known.get(symbol("PEPE")).unwrap().listing;
    assert_eq!((found.lot(), found.price_decimals()), (Some(10), Some(7)), "as typed");
    assert_eq!(found.quantity_decimals(), Some(0), "as decoded");
    assert_eq!(found.tick(), venue.tick());
    // The alias of a name that has not come is nobody's, but for who is called so by the venue.
    instruments.learn(2, &Listing::new(Name::of("SATS")));
    assert_eq!(instruments.get(2).symbol, symbol("SATS"));
    instruments.learn(3, &Listing::new(Name::of("1000CATUSDT")));
    assert_eq!(instruments.get(3).symbol, symbol("1000~U6T"));
    assert_eq!(
        instruments.in_vain(),
        [
            "`SATS` is another instrument; `1000CATUSDT` is called `1000~U6T`",
            "the source has no instrument `NOBODY`"
        ]
    );
}

#[test]
fn a_filter_takes_full_names_and_aliases() {
    let mut instruments =
        wanting(&["1000SATSUSDT", "PEPE", "ESZ5 C6"], vec![said("1000PEPEUSDT", Some("PEPE"))]);
    for (number, name, expected) in [
        (1, "1000SATSUSDT", true),
        (2, "1000SATSUSDC", false),
        (3, "1000PEPEUSDT", true),
        (4, "PEPE1", false),
    ] {
        let known = instruments.learn(number, &Listing::new(Name::of(name)));
        assert_eq!(known.wanted, expected, "{name}");
    }
    assert_eq!(instruments.missing(), [Name::of("ESZ5 C6")]);
    assert_eq!(instruments.registry().len(), 4, "the table has all of them");
}

#[test]
fn an_id_is_no_name() {
    let mut instruments = wanting(&["12345", "ESZ5"], Vec::new());
    let id = SecurityId(12_345);
    let number = id.number(&mut instruments).unwrap();
    assert_eq!(instruments.get(number).symbol, symbol("12345"));
    assert!(instruments.get(number).wanted);
    assert!(instruments.registry().is_empty(), "until a message names it");
    instruments.learn(number, &Listing::new(Name::of("ESZ5")));
    assert_eq!(instruments.named(number, Symbol::NONE).symbol, symbol("ESZ5"));
    assert_eq!(id.number(&mut instruments), Some(number));
    assert_eq!(instruments.registry().len(), 1);
    assert!(instruments.missing().is_empty());
}

#[test]
fn a_recorded_alias_stays() {
    let mut instruments = wanting(&[], Vec::new());
    let listing = Listing::new(Name::of("1000SATSUSDT")).with_quantity_decimals(1);
    instruments.listed::<Symbol>(symbol("SATS"), &listing);
    let number = symbol("SATS").number(&mut instruments).unwrap();
    assert_eq!(instruments.get(number).symbol, symbol("SATS"));
    let known = instruments.registry().instruments().find("1000SATSUSDT").unwrap();
    assert_eq!((known.symbol, known.units(15)), (symbol("SATS"), 1.5));
    // A key that is an id says nothing of the name, whatever its bytes look like.
    let mut others = wanting(&[], Vec::new());
    others.listed::<SecurityId>(SecurityId(u64::from(b'7')).key(), &listing);
    let number = SecurityId(u64::from(b'7')).number(&mut others).unwrap();
    assert_eq!(others.get(number).symbol, symbol("1000~6AB"));
}

#[test]
fn statuses_are_those_of_who_has_the_number() {
    let mut instruments = wanting(&[], Vec::new());
    let halted = Status { topic: Topic::Trading, code: b'H', reason: [0; 4] };
    instruments.named(7, symbol("IVOO"));
    instruments.set_status(7, &halted);
    instruments.set_status(9, &halted);
    instruments.named(7, symbol("META"));
    let known = instruments.registry().instruments();
    let trades = |name| known.get(symbol(name)).unwrap().trades();
    assert!(!trades("IVOO") && trades("META"));
    instruments.named(8, symbol("IVOO"));
    instruments.set_status(8, &Status { code: b'T', ..halted });
    assert!(trades("IVOO"), "under its new number");
    instruments.set_status(7, &halted);
    instruments.clear_statuses();
    assert!(trades("META"));
    assert_eq!(known.len(), 2);
}

#[test]
fn what_is_lost_concerns_all_until_they_are_known_again() {
    let mut instruments = wanting(&[], Vec::new());
    let mut check = |what: fn(&mut Instruments), expected: [u8; 3]| {
        what(&mut instruments);
        assert_eq!([0, 7, u16::MAX].map(|it| instruments.marks(it).0), expected);
    };
    const STALE: u8 = Flags::STALE.0;
    const INEXACT: u8 = Flags::INEXACT.0;
    check(|_| {}, [0; 3]);
    check(|it| it.lose_one(7), [0, STALE, 0]);
    check(Instruments::lose, [STALE; 3]);
    check(|it| it.mark(7, Flags::INEXACT), [STALE, STALE | INEXACT, STALE]);
    check(|it| it.restore(7), [STALE, 0, STALE]);
    check(|it| assert!(it.named(7, "A".parse().unwrap()).wanted), [STALE, 0, STALE]);
    check(|it| it.mark(7, Flags::INEXACT), [STALE, INEXACT, STALE]);
    check(|it| it.lose_one(7), [STALE, STALE | INEXACT, STALE]);
    check(Instruments::lose, [STALE, STALE | INEXACT, STALE]);
    check(Instruments::restore_all, [0; 3]);
    check(|it| it.lose_one(7), [0, STALE, 0]);
}

#[test]
fn numbers_stand_for_names_until_there_are_any() {
    let check = |id, expected: &str| assert_eq!(SecurityId(id).symbol().name(), expected);
    check(0, "0");
    check(7, "7");
    check(5_602, "5602");
    check(99_999_999, "99999999");
    check(100_000_000, "#5f5e100");
    check(u64::MAX - 1, "#ffffffe");
}
