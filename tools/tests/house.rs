//! Rules of the house that a script can check.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that may hold `unsafe`, each for the reason that it states beside its `allow`.
const UNSAFE: [&str; 7] = [
    "feed/src/source/mapped.rs",
    "shared/src/allocations.rs",
    "shared/src/book/pages.rs",
    "shared/src/clock.rs",
    "shared/src/memory.rs",
    "shared/src/prefetch.rs",
    "shared/src/process/priority.rs",
];

/// A file that is longer, tests aside, wants to be two.
const LINES_MAX: usize = 400;

/// Every source file of the workspace, by its path from the root.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> =
        ["shared", "feed", "strategy", "tools"].map(|c| root.join(c).join("src")).into();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 80, "the sources are elsewhere");
    files
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    let mut found: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.contains("allow(unsafe_code)"))
        .map(|(name, _)| name)
        .collect();
    found.sort();
    assert_eq!(found, UNSAFE);
}

#[test]
fn no_file_wants_to_be_two() {
    for (name, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= LINES_MAX || name.ends_with("tests.rs"), "{name} has {lines} lines");
    }
}

#[test]
fn every_folder_of_the_root_is_one_of_the_drawing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let entries = fs::read_dir(root).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir()).map(name);
    // What is built or recorded is not kept.
    let kept = |name: &String| !name.starts_with('.') && name != "target" && name != "runs";
    let mut folders: Vec<_> = folders.filter(kept).collect();
    folders.sort();
    assert_eq!(folders, ["config", "feed", "shared", "strategy", "tools"]);
}
