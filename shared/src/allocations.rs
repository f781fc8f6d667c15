//! Counts a thread's allocations, so that "no allocation on the path" is a figure in the summary
//! and not a promise.
//!
//! A program opts in with `#[global_allocator] static ALLOCATOR: Counting = Counting;`.
#![allow(unsafe_code)] // `GlobalAlloc` is an unsafe trait.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting.
pub struct Counting;

/// Allocations of the calling thread since it began; `None` if the program does not count.
pub fn allocations() -> Option<u64> {
    // An allocation of its own shows whether they are counted, and is not counted itself.
    let before = COUNT.get();
    drop(std::hint::black_box(Box::new(0u8)));
    let counts = COUNT.get() != before;
    COUNT.set(before);
    counts.then_some(before)
}

fn count() {
    // `try_with`: a thread may allocate while its locals are being destroyed.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches a cell of this
// thread that needs no allocation themselves (`const` initialised, no destructor).
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}
