//! The ring's orderings under loom, which runs every interleaving that the memory model allows.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p tickline-shared --test loom_ring`
//!
//! The tests call the functions of the product. Those named `without_…` leave one ordering out
//! and must fail: they show that the model would see a mistake.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use loom::thread;
use tickline_shared::msg::Msg;
use tickline_shared::ring::park::{self, Barrier};
use tickline_shared::ring::slot::{Look, Record, Slot};
use zerocopy::FromZeros;

/// A record whose every word follows from its number, so that a torn copy shows.
fn record(number: u64) -> Record {
    let mut msg = Msg::new_zeroed();
    (msg.id, msg.price.0) = (number * 10, number as i64 * 10);
    Record { number, msg, exchange_ts: number * 10, ingress: number * 10, publish: number * 10 }
}

#[test]
fn a_copy_is_whole_or_nothing() {
    // One slot, so that the second record overwrites the first while it is read.
    loom::model(|| {
        let slot = Arc::new(Slot::empty());
        let writer = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || (0..2).for_each(|number| slot.write(&record(number))))
        };
        for number in 0..2 {
            match slot.read(number) {
                Look::Ready(read) => assert_eq!(read, record(number)),
                Look::Lapped { number: found } => assert!(found > number),
                Look::NotYet => {}
            }
        }
        writer.join().unwrap();
    });
}

/// The writer commits and looks for a sleeper; the reader announces, looks again and sleeps. With
/// `barrier` the reader's and the writer's fences stand; loom knows no `membarrier`, which makes
/// the writer execute the same fence.
fn sleep_and_wake(barrier: Barrier, reader_fences: bool) {
    loom::model(move || {
        let slot = Arc::new(Slot::empty());
        let (parked, wake) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let writer = {
            let (slot, parked, wake) = (Arc::clone(&slot), Arc::clone(&parked), Arc::clone(&wake));
            thread::spawn(move || {
                slot.write(&record(0));
                if let Some(announced) = park::announced(&parked, 0, barrier) {
                    park::answer(&wake, announced);
                }
            })
        };
        let ticket = park::announce(&parked, &wake);
        if reader_fences {
            fence(Ordering::SeqCst);
        }
        if !slot.has(0) {
            // The futex: sleeps while the word is unchanged. Nobody else will ever change it.
            while wake.load(Ordering::Acquire) == ticket {
                thread::yield_now();
            }
        }
        park::withdraw(&parked, &wake);
        writer.join().unwrap();
        assert!(matches!(slot.read(0), Look::Ready(read) if read == record(0)));
    });
}

#[test]
fn no_wake_up_is_lost() {
    sleep_and_wake(Barrier::Fence, true);
}

#[test]
#[should_panic]
fn without_the_readers_barrier_a_wake_up_is_lost() {
    sleep_and_wake(Barrier::Fence, false);
}

#[test]
#[should_panic]
fn without_the_writers_barrier_a_wake_up_is_lost() {
    sleep_and_wake(Barrier::Membarrier, true);
}

/// A sequence lock over one value, with or without the release fence after the mark.
fn sequence_lock(writer_fences: bool) {
    loom::model(move || {
        let (seq, value) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let writer = {
            let (seq, value) = (Arc::clone(&seq), Arc::clone(&value));
            thread::spawn(move || {
                seq.store(u64::MAX, Ordering::Relaxed);
                if writer_fences {
                    fence(Ordering::Release);
                }
                value.store(1, Ordering::Relaxed);
                seq.store(1, Ordering::Release);
            })
        };
        let before = seq.load(Ordering::Acquire);
        let read = value.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if seq.load(Ordering::Relaxed) == before && before != u64::MAX {
            assert_eq!(read, before);
        }
        writer.join().unwrap();
    });
}

#[test]
fn the_mark_and_its_fence_are_enough() {
    sequence_lock(true);
}

#[test]
#[should_panic]
fn without_the_fence_after_the_mark_a_copy_tears() {
    sequence_lock(false);
}
