use tickline_shared::msg::Side;
use tickline_shared::units::Price;

use super::super::super::decimal::Quantity;
use super::*;

fn change(before: u64, last: u64) -> Updates {
    Updates { before, last }
}

fn level(price: i64) -> Change {
    Change { side: Side::Bid, price: Price(price), quantity: Quantity::default() }
}

#[test]
fn a_chain_of_changes() {
    let mut depth = Depth::default();
    assert!(!depth.has_changes());
    assert_eq!(depth.change(change(10, 12)), Step::First);
    assert_eq!(depth.change(change(12, 15)), Step::Next);
    assert_eq!(depth.change(change(12, 15)), Step::Old);
    assert_eq!(depth.change(change(14, 16)), Step::Next);
    assert!(depth.spans(10) && depth.spans(16) && !depth.spans(9) && !depth.spans(17));
    assert!(!depth.take(9) && !depth.whole);
    assert!(depth.take(13) && depth.whole);
    assert!(!depth.take(13), "the book knows more");
    let gap = Gap { first: 17, count: 1 };
    assert_eq!(depth.change(change(17, 18)), Step::After(gap));
    assert!(!depth.whole && !depth.take(16) && depth.take(17));
    assert_eq!(
        depth.change(change(u64::MAX - 1, u64::MAX)),
        Step::After(Gap { first: 19, count: u64::MAX - 19 })
    );
}

#[test]
fn what_is_kept_is_kept_whole() {
    let (one, two) = (SecurityId(1), SecurityId(2));
    let mut kept = Kept::new();
    kept.keep(one, change(0, 1), &[level(1), level(2)]);
    kept.keep(two, change(0, 9), &[level(3)]);
    kept.keep(one, change(1, 2), &[level(4)]);
    let prices =
        |kept: &Kept, id, from| kept.after(id, from).map(|level| level.price.0).collect::<Vec<_>>();
    assert_eq!(prices(&kept, one, 0), [1, 2, 4]);
    assert_eq!(prices(&kept, one, 1), [4]);
    assert_eq!(prices(&kept, two, 0), [3]);
    // More than there is room for: the oldest give way, and that is known.
    kept.keep(two, change(9, 10), &vec![level(5); KEPT_MAX - 3]);
    assert!(!kept.reaches(one, 0) && kept.reaches(one, 1) && kept.reaches(two, 0));
    kept.keep(two, change(10, 11), &vec![level(6); KEPT_MAX + 1]);
    assert!(!kept.reaches(two, 10) && kept.reaches(two, 11));
    kept.forget(one);
    assert!(kept.reaches(one, 0) && prices(&kept, one, 0).is_empty());
}
