use std::sync::mpsc;

use tickline_shared::clock::Monotonic;

use super::*;

/// A way that loses, doubles or damages what it is told to.
struct Channel {
    sender: mpsc::SyncSender<Message>,
    fault: fn(Message) -> Vec<Message>,
}

impl Sender for Channel {
    fn send(&mut self, message: Message) -> bool {
        (self.fault)(message).into_iter().all(|message| self.sender.send(message).is_ok())
    }
}

impl Receiver for mpsc::Receiver<Message> {
    fn receive(&mut self) -> Option<Message> {
        self.try_recv().ok()
    }

    fn pause(&mut self) {
        std::thread::yield_now();
    }
}

fn channel(fault: fn(Message) -> Vec<Message>) -> (Channel, mpsc::Receiver<Message>) {
    let (sender, receiver) = mpsc::sync_channel(64);
    (Channel { sender, fault }, receiver)
}

fn one_way(work: Work, fault: fn(Message) -> Vec<Message>) -> Outcome {
    let (mut sender, mut receiver) = channel(fault);
    let scale = Scale::NANOSECONDS;
    std::thread::scope(|scope| {
        scope.spawn(move || send_all::<Monotonic>(work, scale, &mut sender, || false));
        receive_all::<Monotonic>(work, scale, &mut receiver)
    })
}

#[test]
fn a_whole_stream_is_counted_whole() {
    for batch in [1, 7] {
        let outcome = one_way(Work::Stream { messages: 10_000, batch }, |m| vec![m]);
        assert!(outcome.per_second.is_some_and(|rate| rate > 0.0));
        assert_eq!((outcome.lost, outcome.damaged), (0, 0));
    }
}

#[test]
fn what_is_out_of_order_or_torn_is_seen() {
    let stream = Work::Stream { messages: 100, batch: 1 };
    let torn =
        one_way(stream, |m| vec![Message { check: m.check ^ u64::from(m.number == 50), ..m }]);
    assert_eq!(torn.damaged, 1);
    let paced = Work::Hop { rate: 1_000_000, messages: 100 };
    let lost = one_way(paced, |m| if m.number == 50 { vec![] } else { vec![m] });
    assert_eq!((lost.lost, lost.damaged), (1, 0));
    let doubled = one_way(paced, |m| vec![m; 1 + usize::from(m.number == 50)]);
    assert_eq!((doubled.lost, doubled.damaged), (0, 1));
}

#[test]
fn a_paced_way_is_measured_behind_its_warm_up() {
    let outcome = one_way(Work::Hop { rate: 100_000, messages: 1_000 }, |m| vec![m]);
    let (hop, due) = (outcome.hop.unwrap(), outcome.due.unwrap());
    assert_eq!((hop.count, due.count), (900, 900));
    // A message leaves after it was due.
    assert!(due.p50 >= hop.p50 && due.max >= hop.max, "{hop:?} {due:?}");
}

#[test]
fn there_and_back() {
    let (mut there, mut arrived) = channel(|m| vec![m]);
    let (mut back, mut returned) = channel(|m| vec![m]);
    let scale = Scale::NANOSECONDS;
    let outcome = std::thread::scope(|scope| {
        scope.spawn(move || pong::<Monotonic>(1_000, scale, &mut arrived, &mut back));
        ping::<Monotonic>(1_000, scale, &mut there, &mut returned)
    });
    assert_eq!((outcome.damaged, outcome.hop.unwrap().count), (0, 900));
}

#[test]
fn medians_of_each_percentile() {
    let round = |p50, max| Percentiles { p50, max, count: 10, ..Percentiles::default() };
    let medians = Percentiles::medians(&[round(3, 10), round(1, 30), round(2, 20)]).unwrap();
    assert_eq!(medians, round(2, 20).counting(30));
    assert_eq!(Percentiles::medians(&[]), None);
}

impl Percentiles {
    fn counting(self, count: u64) -> Percentiles {
        Percentiles { count, ..self }
    }
}
