//! The scheduler's treatment of a loop's thread.
//!
//! The only unsafe code here: one call of the C library, which no safe interface offers.
#![allow(unsafe_code)]

use std::io;

/// Gives the calling thread the scheduler `SCHED_FIFO` with this real-time priority.
pub(super) fn raise(level: u8) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: level.into() };
    // SAFETY: the parameters are a whole value that lives during the call, which reads it and
    // keeps nothing; the thread is the calling one, so it exists.
    let errno = unsafe {
        libc::pthread_setschedparam(libc::pthread_self(), libc::SCHED_FIFO, &raw const parameters)
    };
    if errno == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(errno)) }
}
