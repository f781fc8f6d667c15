//! Memory for the tables of a book: zeroed, in huge pages where the kernel grants them, and touched
//! before use.
//!
//! A table of 128 MiB in huge pages costs no TLB miss on the way to its memory; one in small pages
//! costs one at nearly every access.
#![allow(unsafe_code)] // Checking anew that bytes are items would cost more than many an access.

use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::slice;

use memmap2::{Advice, MmapMut};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A slice of fixed length in pages of its own. Every `T` in it starts as zeroes.
#[derive(Debug)]
pub(super) struct Pages<T> {
    memory: MmapMut,
    length: usize,
    items: PhantomData<T>,
}

impl<T: FromBytes + IntoBytes + Immutable> Pages<T> {
    /// `length` items, at least one.
    pub(super) fn of(length: usize) -> io::Result<Pages<T>> {
        let length = length.max(1);
        let bytes = length.checked_mul(size_of::<T>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = MmapMut::map_anon(bytes)?;
        assert!(memory.as_ptr().cast::<T>().is_aligned() && bytes <= isize::MAX as usize);
        // Neither has to succeed: without the first, pages are small; without the second, which
        // kernels before 5.14 lack, the first message to touch a page waits for it.
        let _ = memory.advise(Advice::HugePage);
        let _ = memory.advise(Advice::PopulateWrite);
        Ok(Pages { memory, length, items: PhantomData })
    }

    /// A longer copy of this slice.
    pub(super) fn extended_to(&self, length: usize) -> io::Result<Pages<T>> {
        let mut longer = Pages::of(length)?;
        longer.memory[..self.memory.len()].copy_from_slice(&self.memory);
        Ok(longer)
    }

    /// Back to zeroes.
    pub(super) fn clear(&mut self) {
        self.memory.fill(0);
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.memory.len()
    }
}

impl<T: FromBytes + IntoBytes + Immutable> Deref for Pages<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: the memory is aligned and holds so many items (see `of`), any bytes are one, and
        // `memory` lends it as this does.
        unsafe { slice::from_raw_parts(self.memory.as_ptr().cast(), self.length) }
    }
}

impl<T: FromBytes + IntoBytes + Immutable> DerefMut for Pages<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has it.
        unsafe { slice::from_raw_parts_mut(self.memory.as_mut_ptr().cast(), self.length) }
    }
}
