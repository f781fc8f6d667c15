use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn order(id: u64, quantity: u32, instrument: u16) -> Order {
    let symbol = Symbol::from_padded(*b"AAPL    ");
    Order { id, price: Price(id as i64), quantity, instrument, side: Side::Ask, symbol }
}

/// Ids that all want to be in the last two of `LINES_MIN` lines, so that runs wrap around.
fn ids_at_the_end(count: usize) -> Vec<u64> {
    let store = Store::with_capacity(0).unwrap();
    (0..).filter(|&id| store.home(id) >= LINES_MIN - 2).take(count).collect()
}

/// Every order stands at its home or as near behind it as the order of homes allows, and each line
/// knows whether an order was pushed over it.
fn check_order(store: &Store) {
    let lines = &*store.lines;
    let distances = |at: usize| {
        let taken = lines[at].0.iter().filter(|slot| slot.is_taken());
        taken.map(|slot| store.distance(slot, at)).collect::<Vec<_>>()
    };
    for at in 0..lines.len() {
        let before = at.wrapping_sub(1) & (lines.len() - 1);
        let pushed = distances(at).iter().any(|away| *away > 0);
        assert_eq!(lines[before].is_spilled(), pushed, "line {before}");
        for away in distances(at).into_iter().filter(|away| *away > 0) {
            assert!(lines[before].is_full(), "a hole before line {at}");
            for away_before in distances(before) {
                assert!(away <= away_before + 1, "line {at} holds what line {before} should");
            }
        }
    }
}

#[test]
fn starts_at_a_quarter_of_its_slots_at_most() {
    let check = |orders, lines| {
        let store = Store::with_capacity(orders).unwrap();
        assert_eq!(store.lines.len(), lines, "{orders} orders");
    };
    check(0, LINES_MIN);
    check(32, 64);
    check(33, 128);
    check(100_000, 262_144);
    assert!(Store::with_capacity(usize::MAX).is_err());
}

#[test]
fn growing_keeps_every_order() {
    let mut store = Store::with_capacity(0).unwrap();
    for id in 0..10_000 {
        assert_eq!(store.insert(order(id * 7, 1, 0)), None);
    }
    assert_eq!((store.len(), store.lines.len()), (10_000, 32_768));
    assert_eq!(store.growths(), 9);
    check_order(&store);
    assert!((0..10_000).all(|id| store.remove(id * 7) == Some(order(id * 7, 1, 0))));
    assert!(store.lines.iter().all(|line| line.0.iter().all(|slot| slot.state == 0)));
}

#[test]
fn neighbouring_ids_share_lines_and_strided_ids_spread() {
    let store = Store::with_capacity(1 << 20).unwrap();
    let lines = |ids: &mut dyn Iterator<Item = u64>| {
        let mut lines: Vec<_> = ids.map(|id| store.home(id)).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.len()
    };
    assert_eq!(lines(&mut (4096..4096 + 1600)), 800);
    for stride in [2, 16, 1000, 1 << 20, 1 << 32, 1 << 50] {
        let apart = lines(&mut (0..1000).map(|n| n * stride));
        assert!(apart >= 500, "stride {stride}: {apart} lines for 1000 orders");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Insertion, reduction and removal in runs that wrap around the end of the table.
    #[test]
    fn agrees_with_a_map_where_runs_wrap(
        steps in proptest::collection::vec((0..80_usize, 0..4_u8, 0..3_u32, 0..3_u16), 0..200)
    ) {
        let ids = ids_at_the_end(80);
        let mut store = Store::with_capacity(0).unwrap();
        let mut model = BTreeMap::new();
        for (id, action, quantity, instrument) in steps {
            let id = ids[id];
            match action {
                0 | 1 => {
                    let order = order(id, quantity, instrument);
                    prop_assert_eq!(store.insert(order), model.insert(id, order));
                }
                2 => {
                    let expected = model.get(&id).copied();
                    prop_assert_eq!(store.reduce(id, quantity), expected);
                    if let Some(order) = expected && order.quantity <= quantity {
                        model.remove(&id);
                    } else if let Some(order) = model.get_mut(&id) {
                        order.quantity -= quantity;
                    }
                }
                _ if quantity > 0 => prop_assert_eq!(store.remove(id), model.remove(&id)),
                _ => {
                    let before = model.len();
                    model.retain(|_, order| order.instrument != instrument);
                    prop_assert_eq!(store.remove_all_of(instrument), before - model.len());
                }
            }
            check_order(&store);
            prop_assert_eq!(store.len(), model.len());
            prop_assert!(ids.iter().all(|id| store.get(*id) == model.get(id).copied()));
        }
    }
}
