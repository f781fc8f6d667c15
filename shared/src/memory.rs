//! Memory that two processes share: sealed, populated before use, gone with its processes.
//!
//! A region is a `memfd`: it has no name in any file system, so a process that is killed leaves
//! nothing behind. It is sealed against shrinking, so that nobody's mapping can ever fault
//! (no SIGBUS), and all its pages are there before the first use (no page fault on the path).
//!
//! Pages of 2 MiB are asked for first: the ring then costs two or three TLB entries. Where the
//! pool of hugepages is empty, transparent ones are collapsed on demand; else 4 KiB pages serve.
#![allow(unsafe_code)] // This file and no other turns shared bytes into references.

use std::any::Any;
use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::{Advice, MmapOptions, MmapRaw};
use rustix::fs::{
    FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, fstat,
    ftruncate, memfd_create,
};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap};
use thiserror::Error;

use crate::scenario::Pages;

/// The size of a hugepage on x86-64 and on the usual arm64 kernels.
pub const HUGE_PAGE: usize = 2 << 20;

/// Why memory could not be shared.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// The kernel refused a step.
    #[error("cannot {step} {bytes} bytes of shared memory: {source}")]
    System {
        /// What was being done.
        step: &'static str,
        /// The size asked for.
        bytes: usize,
        /// The kernel's reason.
        source: io::Error,
    },
    /// `pages = "huge!"` and no hugepages.
    #[error(
        "no {needed} free 2 MiB hugepages: {source}\n  reserve them: \
         echo {needed} | sudo tee /proc/sys/vm/nr_hugepages\n  \
         or let the ring fall back to smaller pages: pages = \"huge\""
    )]
    NoHugePages {
        /// How many pages the region takes.
        needed: usize,
        /// The kernel's reason.
        source: io::Error,
    },
    /// A descriptor that another process passed is not what it should be.
    #[error("the peer passed a memory region of {found} bytes, expected at least {expected}{note}")]
    Foreign {
        /// Bytes needed.
        expected: usize,
        /// Bytes found.
        found: usize,
        /// What else is wrong with it.
        note: &'static str,
    },
}

/// What a mapping of a region allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Loads only; a store is a SIGSEGV.
    Read,
    /// Loads and stores.
    Write,
}

/// Types that may be viewed in shared memory.
///
/// # Safety
/// The type consists of atomics only (or arrays and `repr(C)` structs of them), so that another
/// process may write it at any time; every bit pattern is valid; it has no drop glue.
pub unsafe trait Shareable {}

// SAFETY: a plain atomic.
unsafe impl Shareable for core::sync::atomic::AtomicU32 {}
// SAFETY: a plain atomic.
unsafe impl Shareable for core::sync::atomic::AtomicU64 {}
// SAFETY: eight AtomicU64 in repr(C).
unsafe impl Shareable for crate::ring::slot::Slot {}
// SAFETY: repr(C) structs of atomics; see ring/layout.rs.
unsafe impl Shareable for crate::ring::layout::Header {}
// SAFETY: repr(C) structs of atomics; see ring/layout.rs.
unsafe impl Shareable for crate::ring::layout::ReaderRegion {}
// SAFETY: repr(C) structs and arrays of atomics; see instruments/table.rs.
unsafe impl Shareable for crate::instruments::Table {}

/// A mapped region of shared memory.
pub struct Region {
    map: Mapping,
    file: OwnedFd,
    pages: Pages,
}

impl Region {
    /// Creates a region of at least `bytes`, zeroed, populated and sealed against resizing.
    ///
    /// Falls back from huge to transparent to small pages unless `strict`; [`Region::pages`] says
    /// what it became.
    pub fn create(bytes: usize, pages: Pages, strict: bool) -> Result<Region, MemoryError> {
        if pages == Pages::Huge {
            let rounded = bytes.next_multiple_of(HUGE_PAGE);
            match Region::create_with(rounded, Pages::Huge) {
                Ok(region) => return Ok(region),
                Err(MemoryError::System { source, .. }) if strict => {
                    let needed = rounded / HUGE_PAGE;
                    return Err(MemoryError::NoHugePages { needed, source });
                }
                Err(_) => {}
            }
        }
        if pages != Pages::Small {
            let region =
                Region::create_with(bytes.next_multiple_of(HUGE_PAGE), Pages::Transparent)?;
            if region.collapse() || pages == Pages::Transparent {
                return Ok(region);
            }
        }
        Region::create_with(bytes.next_multiple_of(4096), Pages::Small)
    }

    fn create_with(bytes: usize, pages: Pages) -> Result<Region, MemoryError> {
        let failed =
            |step| move |source: Errno| MemoryError::System { step, bytes, source: source.into() };
        let mut flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        if pages == Pages::Huge {
            flags |= MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
        }
        let file = memfd_create("tickline", flags).map_err(failed("create"))?;
        ftruncate(&file, bytes as u64).map_err(failed("size"))?;
        // Takes the pages now: later there would be nobody to tell but a signal handler.
        fallocate(&file, FallocateFlags::empty(), 0, bytes as u64).map_err(failed("reserve"))?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW).map_err(failed("seal"))?;
        let region = Region::map(file, bytes, Access::Write, pages)?;
        Ok(region)
    }

    fn map(
        file: OwnedFd,
        bytes: usize,
        access: Access,
        pages: Pages,
    ) -> Result<Region, MemoryError> {
        let failed = |step| move |source| MemoryError::System { step, bytes, source };
        let map = Mapping::new(&file, bytes, access).map_err(failed("map"))?;
        // Before the pages are entered, so that they can be entered as huge ones.
        if pages == Pages::Transparent {
            let _ = map.reserved.advise(Advice::HugePage);
        }
        map.populate(access).map_err(failed("populate"))?;
        Ok(Region { map, file, pages })
    }

    /// Turns the pages of a populated region into transparent hugepages, whatever
    /// `/sys/kernel/mm/transparent_hugepage/shmem_enabled` says. Whether all of them became huge.
    fn collapse(&self) -> bool {
        // rustix has no name for this advice.
        // SAFETY: the range is this mapping; collapsing changes no byte of it.
        let result = unsafe {
            libc::madvise(self.map.start.as_ptr().cast(), self.map.bytes, libc::MADV_COLLAPSE)
        };
        result == 0
    }

    /// Maps a region that another process created and passed.
    ///
    /// Checks its size and that nobody can shrink it under this mapping.
    pub fn open(file: OwnedFd, expected: usize, access: Access) -> Result<Region, MemoryError> {
        let (found, _) = Region::check(&file, expected)?;
        let region = Region::map(file, found, access, Pages::Small)?;
        // Where the pages are transparent huge ones, this enters them as such here too.
        region.collapse();
        Ok(region)
    }

    /// Maps, for loads only, the first `start` bytes of a region of at least `expected` bytes that
    /// another process created and passed. Gives the size of the whole region as well.
    ///
    /// Leaves the pages as they are: nobody who works with the region notices.
    pub fn open_start(
        file: OwnedFd,
        start: usize,
        expected: usize,
    ) -> Result<(Region, usize), MemoryError> {
        let (found, page) = Region::check(&file, expected)?;
        let bytes = start.next_multiple_of(page).min(found);
        Ok((Region::map(file, bytes, Access::Read, Pages::Small)?, found))
    }

    /// The size of a region that another process passed, and that of its pages.
    fn check(file: &OwnedFd, expected: usize) -> Result<(usize, usize), MemoryError> {
        let stat = fstat(file).map_err(|source| MemoryError::System {
            step: "look at",
            bytes: expected,
            source: source.into(),
        })?;
        let found = usize::try_from(stat.st_size).unwrap_or(0);
        let foreign = |note| MemoryError::Foreign { expected, found, note };
        if found < expected {
            return Err(foreign(""));
        }
        let seals = fcntl_get_seals(file).unwrap_or(SealFlags::empty());
        if !seals.contains(SealFlags::SHRINK) {
            return Err(foreign(" sealed against shrinking"));
        }
        // Hugepages are mapped as a whole or not at all.
        let huge = stat.st_blksize as usize >= HUGE_PAGE;
        Ok((found, if huge { HUGE_PAGE } else { 4096 }))
    }

    /// Forbids every later writable mapping; the ones that exist stay writable.
    pub fn seal_future_writes(&self) -> Result<(), MemoryError> {
        fcntl_add_seals(&self.file, SealFlags::FUTURE_WRITE).map_err(|source| MemoryError::System {
            step: "seal",
            bytes: self.map.bytes,
            source: source.into(),
        })
    }

    /// What the region's memory is made of; of an opened region this is not known.
    pub fn pages(&self) -> Pages {
        self.pages
    }

    /// The size in bytes.
    pub fn bytes(&self) -> usize {
        self.map.bytes
    }

    /// The descriptor to pass to another process.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// A view of the `T` at `offset`.
    ///
    /// # Panics
    /// Where it would reach past the region or is not aligned.
    pub fn view<T: Shareable + Sync + Send + 'static>(
        self: &Arc<Self>,
        offset: usize,
    ) -> Shared<T> {
        let ptr = self.locate::<T>(offset, 1);
        Shared { ptr, _owner: Arc::clone(self) as Arc<dyn Any + Send + Sync> }
    }

    /// A view of the `count` values of `T` from `offset` on.
    ///
    /// # Panics
    /// Where it would reach past the region or is not aligned.
    pub fn view_slice<T: Shareable + Sync + Send + 'static>(
        self: &Arc<Self>,
        offset: usize,
        count: usize,
    ) -> Shared<[T]> {
        let ptr = NonNull::slice_from_raw_parts(self.locate::<T>(offset, count), count);
        Shared { ptr, _owner: Arc::clone(self) as Arc<dyn Any + Send + Sync> }
    }

    fn locate<T>(&self, offset: usize, count: usize) -> NonNull<T> {
        let end = count.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(offset));
        assert!(end.is_some_and(|end| end <= self.map.bytes), "a view past the end of its region");
        // SAFETY: `offset` is at most the length of the mapping, checked above.
        let ptr = unsafe { self.map.start.add(offset) }.cast::<T>();
        assert!(ptr.is_aligned(), "a view that is not aligned");
        ptr
    }
}

/// A file mapped where hugepages can be: at a multiple of their size.
struct Mapping {
    /// The address space around it; unmapped as a whole, with the file's part.
    reserved: MmapRaw,
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: an address range that belongs to this value alone; what lies in it is atomics.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: &OwnedFd, bytes: usize, access: Access) -> io::Result<Mapping> {
        let reserved: MmapRaw = MmapOptions::new().len(bytes + HUGE_PAGE).map_anon()?.into();
        let skip = reserved.as_mut_ptr().align_offset(HUGE_PAGE);
        // SAFETY: `align_offset` gives less than a hugepage, by which the reservation is longer.
        let start = unsafe { reserved.as_mut_ptr().add(skip) };
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the range lies within the reservation, in which nothing else is.
        unsafe { mmap(start.cast(), bytes, protection, flags, file, 0) }?;
        let start = NonNull::new(start).expect("a mapping is never at address 0");
        Ok(Mapping { reserved, start, bytes })
    }

    /// Enters every page into this process's page table.
    fn populate(&self, access: Access) -> io::Result<()> {
        let skip = self.start.as_ptr().addr() - self.reserved.as_ptr().addr();
        let advice = match access {
            Access::Read => Advice::PopulateRead,
            Access::Write => Advice::PopulateWrite,
        };
        self.reserved.advise_range(advice, skip, self.bytes)
    }
}

/// A reference into memory that stays mapped as long as the reference lives.
pub struct Shared<T: ?Sized> {
    ptr: NonNull<T>,
    _owner: Arc<dyn Any + Send + Sync>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// A value of this process alone, where no other process takes part.
    pub fn private(value: T) -> Shared<T> {
        let owner = Arc::new(value);
        Shared { ptr: NonNull::from(&*owner), _owner: owner }
    }
}

impl<T: ?Sized> Deref for Shared<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the owner keeps the memory mapped and never moves it; `T` is made of atomics
        // (`Shareable`), so that a shared reference is valid while others write.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared { ptr: self.ptr, _owner: Arc::clone(&self._owner) }
    }
}

// SAFETY: a `Shared<T>` is an `Arc` with a pointer into it; the same bounds make it sendable.
unsafe impl<T: ?Sized + Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for Shared<T> {}

#[cfg(test)]
mod tests;
