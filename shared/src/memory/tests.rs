use core::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// Both kinds that need no privilege; hugepages too, where the machine has some.
const PAGES: [Pages; 3] = [Pages::Huge, Pages::Transparent, Pages::Small];

#[test]
fn every_kind_of_page_is_populated_zeroed_and_shared() {
    for pages in PAGES {
        let region = Arc::new(Region::create(3 << 20, pages, false).unwrap());
        let words = region.view_slice::<AtomicU64>(0, (3 << 20) / 8);
        assert!(words.iter().all(|word| word.load(Ordering::Relaxed) == 0));
        words[77].store(42, Ordering::Relaxed);
        let file = region.descriptor().try_clone_to_owned().unwrap();
        let other = Arc::new(Region::open(file, 3 << 20, Access::Read).unwrap());
        assert_eq!(other.view::<AtomicU64>(77 * 8).load(Ordering::Relaxed), 42, "{pages:?}");
    }
}

#[test]
fn nobody_can_resize_a_region_or_map_it_writable_once_sealed() {
    for pages in PAGES {
        let region = Region::create(HUGE_PAGE, pages, false).unwrap();
        assert!(ftruncate(region.descriptor(), 0).is_err());
        assert!(ftruncate(region.descriptor(), 2 * HUGE_PAGE as u64).is_err());
        region.seal_future_writes().unwrap();
        let file = || region.descriptor().try_clone_to_owned().unwrap();
        assert!(Region::open(file(), 1, Access::Write).is_err(), "{pages:?}");
        Region::open(file(), 1, Access::Read).unwrap();
    }
}

#[test]
fn a_foreign_descriptor_is_refused() {
    let unsealed = memfd_create("test", MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&unsealed, 4096).unwrap();
    let refused = |size| {
        Region::open(unsealed.try_clone().unwrap(), size, Access::Read).err().unwrap().to_string()
    };
    assert!(refused(4096).contains("sealed against shrinking"), "{}", refused(4096));
    assert!(refused(8192).contains("4096 bytes, expected at least 8192"), "{}", refused(8192));
}

#[test]
fn too_much_is_an_error_not_a_signal() {
    let error = Region::create(1 << 46, Pages::Huge, true).err().unwrap().to_string();
    assert!(error.contains("nr_hugepages"), "{error}");
}

#[test]
#[should_panic(expected = "past the end")]
fn a_view_past_the_end_is_a_bug() {
    let region = Arc::new(Region::create(4096, Pages::Small, true).unwrap());
    region.view_slice::<AtomicU64>(8, 512);
}

#[test]
fn transparent_pages_are_huge_where_the_kernel_has_them() {
    let region = Region::create(3 << 20, Pages::Transparent, false).unwrap();
    let file = region.descriptor().try_clone_to_owned().unwrap();
    let reader = Region::open(file, 3 << 20, Access::Read).unwrap();
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    for start in [region.map.start, reader.map.start].map(|start| start.as_ptr().addr()) {
        let mapping = smaps.split_once(&format!("{start:x}-")).unwrap().1;
        let huge = mapping.lines().find_map(|line| line.strip_prefix("ShmemPmdMapped:")).unwrap();
        // A kernel without transparent hugepages collapses nothing, and says so.
        assert!(huge.trim() == "4096 kB" || !region.collapse(), "{huge}");
    }
}
