use super::*;

const NEAR: u64 = 100;
const FAR: u64 = 400;

/// A round of measurements that each give one number.
fn round(distances: &[u64], numbers: &[f64]) -> Round {
    let figures = numbers.iter().enumerate();
    Round {
        distances: distances.iter().map(|&line_rtt_ns| Distance { line_rtt_ns }).collect(),
        figures: figures
            .map(|(at, number)| (at, ("part", format!("key{at}")), Figure::Number(*number)))
            .collect(),
    }
}

fn select(rounds: Vec<Round>) -> Selected {
    Rounds { rounds, failures: Vec::new() }.select()
}

fn numbers(selected: &Selected) -> Vec<(&str, f64, (f64, f64))> {
    let measured = selected.figures.iter();
    measured.map(|it| (it.key.1.as_str(), it.figure.level(), it.spread)).collect()
}

#[test]
fn rounds_in_which_the_cores_moved_are_left_out() {
    let selected = select(vec![
        round(&[NEAR, NEAR], &[3.0]),
        round(&[NEAR, FAR], &[100.0]),
        round(&[NEAR, NEAR], &[1.0]),
        round(&[NEAR, NEAR], &[2.0]),
    ]);
    assert_eq!(selected.placement, Placement::Near);
    assert_eq!(selected.counts, Counts { near: 3, far: 0, moved: 1 });
    assert_eq!(numbers(&selected), [("key0", 2.0, (1.0, 3.0))]);
    assert_eq!((selected.line_rtt_ns, selected.in_pieces), (NEAR, false));
}

#[test]
fn near_and_far_are_never_mixed() {
    let near = || round(&[NEAR, NEAR + 5], &[1.0]);
    let far = || round(&[FAR, FAR], &[4.0]);
    let selected = select(vec![far(), near(), far()]);
    assert_eq!((selected.placement, selected.line_rtt_ns), (Placement::Far, FAR));
    assert_eq!(selected.counts, Counts { near: 1, far: 2, moved: 0 });
    assert_eq!(numbers(&selected), [("key0", 4.0, (4.0, 4.0))]);
    assert_eq!(select(vec![far(), near()]).placement, Placement::Near);
}

#[test]
fn where_no_round_held_the_pieces_do() {
    let selected = select(vec![
        round(&[NEAR, NEAR, FAR], &[1.0, 100.0]),
        round(&[FAR, NEAR, NEAR], &[100.0, 2.0]),
    ]);
    assert_eq!(selected.counts, Counts { near: 0, far: 0, moved: 2 });
    assert!(selected.in_pieces);
    assert_eq!(numbers(&selected), [("key0", 1.0, (1.0, 1.0)), ("key1", 2.0, (2.0, 2.0))]);
}

#[test]
fn one_round_that_held_does_not_outweigh_the_pieces_of_many() {
    let moved = |number| round(&[NEAR, NEAR, FAR], &[number, 100.0]);
    let held = round(&[NEAR, NEAR, NEAR], &[9.0, 5.0]);
    let selected = select(vec![moved(1.0), held, moved(2.0)]);
    assert_eq!(selected.counts, Counts { near: 1, far: 0, moved: 2 });
    assert_eq!(numbers(&selected), [("key0", 2.0, (1.0, 9.0)), ("key1", 5.0, (5.0, 5.0))]);
}

#[test]
fn a_key_that_came_late_stands_in_its_place() {
    let mut first = round(&[NEAR, NEAR, NEAR], &[1.0, 2.0]);
    first.figures.remove(0);
    let selected = select(vec![first, round(&[NEAR, NEAR, NEAR], &[1.0, 2.0])]);
    let keys: Vec<_> = numbers(&selected).into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["key0", "key1"]);
}

#[test]
fn a_measurement_is_given_up_after_its_second_failure() {
    let measurement = Measurement::new("peers", "rtrb", |_| Ok(Vec::new()));
    let mut rounds = Rounds::default();
    for times in 1..=2 {
        assert!(!rounds.is_given_up(&measurement));
        rounds.failed(&measurement, &anyhow::anyhow!("inner").context("outer"));
        assert_eq!(rounds.failures[0].times, times);
    }
    assert!(rounds.is_given_up(&measurement));
    assert_eq!((rounds.failures.len(), &*rounds.failures[0].reason), (1, "outer: inner"));
}

#[test]
fn no_round_gives_no_figure() {
    assert_eq!(numbers(&select(Vec::new())), []);
    assert_eq!(dotted(&("book", "ns_per_message/20000".to_owned())), "book.ns_per_message.20000");
}
