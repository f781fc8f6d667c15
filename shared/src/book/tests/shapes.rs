//! Books of shapes that no few random events give: deep ones, those whose touch wanders, and levels
//! that are larger than a word.

use super::*;

/// Numbers below a bound, the same ones each time.
fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 33) % bound
    }
}

/// Levels by the hundred: blocks that grow, are left to other sides and come back.
#[test]
fn deep_books_agree_with_the_model() {
    let (mut book, mut model) = (Book::with_capacity(0, 0).unwrap(), Model::default());
    let mut random = random(1);
    for step in 0..6_000 {
        let id = random(1_500);
        // Fills for a while, then empties.
        if random(10) < if step < 3_500 { 8 } else { 2 } {
            let instrument = random(u64::from(INSTRUMENTS)) as u16;
            let order = Order {
                id,
                price: Price(random(400) as i64),
                quantity: 1 + random(9) as u32,
                instrument,
                side: if random(2) == 0 { Side::Bid } else { Side::Ask },
                symbol: symbol(instrument),
            };
            assert_eq!(book.add(order), model.0.insert(id, order));
        } else {
            assert_eq!(book.delete(id), model.0.remove(&id));
        }
        if step % 16 == 0 {
            check(&book, &model);
        }
        if step == 4_000 {
            assert_eq!(book.clear_instrument(1), model.clear_instrument(1));
        }
    }
    assert!(model.0.len() > 20);
}

/// The touch walks through hundreds of ticks, is emptied and comes back elsewhere with another tick.
#[test]
fn a_touch_that_wanders_agrees_with_the_model() {
    for (tick, stray) in [(10_000_000, 3), (250_000_000, 125_000_000), (1, 1), (7, 1)] {
        let (mut book, mut model) = (Book::with_capacity(0, 0).unwrap(), Model::default());
        let mut random = random(tick as u64);
        let mut touch = 1_000_i64;
        for id in 0..6_000_u64 {
            touch += random(9) as i64 - 4 + if id / 1_000 % 2 == 0 { 1 } else { -1 };
            if id % 1_500 == 1_499 {
                touch = 20 * touch.signum();
            }
            let bid = random(2) == 0;
            let away = random(6).pow(2) as i64 * if bid { -1 } else { 1 };
            let between = if random(50) == 0 { stray } else { 0 };
            let order = Order {
                id,
                price: Price((touch + away) * tick + between),
                quantity: 1 + random(9) as u32,
                instrument: 0,
                side: if bid { Side::Bid } else { Side::Ask },
                symbol: symbol(0),
            };
            assert_eq!(book.add(order), model.0.insert(id, order));
            // Old orders go: the touch they stood at is elsewhere now.
            if let Some(old) = id.checked_sub(150 + random(30)) {
                assert_eq!(book.delete(old), model.0.remove(&old));
            }
            if id % 8 == 0 {
                check(&book, &model);
            }
        }
        assert!(model.0.len() > 100);
    }
}

/// Levels with more than a word can hold stand apart, and come back.
#[test]
fn levels_of_any_size_agree_with_the_model() {
    let mut book = Book::with_capacity(1 << 10, 1).unwrap();
    let mut model = Model::default();
    let add = |id: u64| {
        let price = Price(1 + (id % 12) as i64);
        let quantity = if id.is_multiple_of(3) { u32::MAX } else { 7 };
        Order { id, price, quantity, instrument: 0, side: Side::Bid, symbol: symbol(0) }
    };
    // Of twelve levels four get 300 times the greatest quantity: 2^40 is 256 times.
    for id in 0..3_600 {
        assert_eq!(book.add(add(id)), None);
        model.0.insert(id, add(id));
    }
    check(&book, &model);
    for id in (0..3_600).rev() {
        let left = if id % 7 == 0 { 3 } else { 0 };
        let taken = add(id).quantity - left;
        assert_eq!(book.reduce(id, taken), model.reduce(id, taken));
        if id.is_multiple_of(100) {
            check(&book, &model);
        }
    }
    check(&book, &model);
    for id in 0..3_600 {
        assert_eq!(book.delete(id), model.0.remove(&id));
    }
    check(&book, &model);
    assert_eq!(book.bbo(0), Bbo::EMPTY);
}
