//! Asking for a cache line before it is needed.
//!
//! A load that misses every cache stops the processor some 250 instructions later, which is one or
//! two messages; a prefetch does not, so that the lines of several messages come at the same time.
#![allow(unsafe_code)] // The instruction takes a raw pointer.

/// Asks for the line in which `value` begins.
#[inline(always)]
pub fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and faults never, whatever the address.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
