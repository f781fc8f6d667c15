use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn order(id: u64, quantity: u32, instrument: u16) -> Order {
    let symbol = Symbol::from_padded(*b"AAPL    ");
    Order { id, price: Price(id as i64), quantity, instrument, side: Side::Ask, symbol }
}

/// Ids that all want to be in the last four of `SLOTS_MIN` slots, so that runs wrap around.
fn ids_at_the_end(count: usize) -> Vec<u64> {
    let shift = u64::BITS - SLOTS_MIN.trailing_zeros();
    (0..).filter(|&id| home(id, shift) >= SLOTS_MIN - 4).take(count).collect()
}

/// Every order stands at its home or as near behind it as the order of homes allows.
fn check_order(store: &Store) {
    let slots = store.slots();
    let mask = slots.len() - 1;
    let distance = |at: usize| at.wrapping_sub(home(slots[at].id, store.shift)) & mask;
    for at in (0..slots.len()).filter(|&at| slots[at].taken != 0 && distance(at) > 0) {
        let before = at.wrapping_sub(1) & mask;
        assert!(slots[before].taken != 0, "a hole before slot {at}");
        assert!(distance(at) <= distance(before) + 1, "slot {at} stands before its betters");
    }
}

#[test]
fn starts_touched_and_at_half_load() {
    let check = |orders, slots| {
        let store = Store::with_capacity(orders).unwrap();
        assert_eq!(store.slots().len(), slots, "{orders} orders");
    };
    check(0, SLOTS_MIN);
    check(64, 128);
    check(65, 256);
    check(100_000, 262_144);
    assert!(Store::with_capacity(usize::MAX).is_err());
}

#[test]
fn growing_keeps_every_order() {
    let mut store = Store::with_capacity(0).unwrap();
    for id in 0..10_000 {
        assert_eq!(store.insert(order(id * 7, 1, 0)), None);
    }
    assert_eq!((store.len(), store.slots().len()), (10_000, 32_768));
    assert_eq!(store.growths(), 8);
    check_order(&store);
    assert!((0..10_000).all(|id| store.remove(id * 7) == Some(order(id * 7, 1, 0))));
    assert_eq!(store.slots().iter().filter(|slot| slot.taken != 0).count(), 0);
}

#[test]
fn neighbouring_ids_share_lines_and_strided_ids_spread() {
    let shift = u64::BITS - 20;
    let lines = |ids: &mut dyn Iterator<Item = u64>| {
        let mut lines: Vec<_> = ids.map(|id| home(id, shift) / 2).collect();
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
    /// Insertion, reduction and removal in runs that wrap around the end of the table.
    #[test]
    fn agrees_with_a_map_where_runs_wrap(
        steps in proptest::collection::vec((0..80_usize, 0..4_u8, 0..3_u32, 0..3_u16), 0..600)
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
