use std::fs;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn args(line: &[&str]) -> Args {
    Cli::try_parse_from([&["generate"], line].concat()).unwrap().args
}

/// Names of all files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn numbers_as_people_write_them() {
    let check =
        |text: &str, expected: Option<u64>| assert_eq!(count(text).ok(), expected, "{text}");
    check("500", Some(500));
    check("1_000", Some(1_000));
    check("250k", Some(250_000));
    check("10M", Some(10_000_000));
    check("2G", Some(2_000_000_000));
    check("", None);
    check("M", None);
    check("1kM", None);
    check("-1", None);
    check("99999999999G", None);
    assert_eq!(seconds("0.5").unwrap(), Duration::from_millis(500));
    assert_eq!(seconds("60s").unwrap(), Duration::from_secs(60));
    assert!(seconds("-1").is_err() && seconds("x").is_err() && seconds("1e300").is_err());
}

#[test]
fn options_not_given_follow_the_messages() {
    let parameters = args(&["-o", "x", "-m", "10k"]).parameters();
    assert_eq!(parameters, Parameters::of(10_000));
    let given = ["-o", "x", "-m", "10k", "--symbols", "7", "--seed", "3", "--live-orders", "1k"];
    let parameters = args(&[&given[..], &["--span", "9"]].concat()).parameters();
    let expected = Parameters {
        messages: 10_000,
        symbols: 7,
        seed: 3,
        live_orders: 1_000,
        span: Duration::from_secs(9),
    };
    assert_eq!(parameters, expected);
    assert!(Cli::try_parse_from(["generate", "-o", "x", "--symbols", "0"]).is_err());
}

#[test]
fn the_name_says_how_to_pack_unless_an_option_does() {
    let check = |line: &[&str], expected| assert_eq!(args(line).compression(), expected);
    check(&["-o", "day.itch"], Compression::None);
    check(&["-o", "day.itch.gz"], Compression::Gzip);
    check(&["-o", "day.zst"], Compression::Zstd);
    check(&["-o", "day.gz", "--compress", "none"], Compression::None);
    check(&["-o", "-", "--compress", "zstd"], Compression::Zstd);
}

#[test]
fn a_file_is_written_whole_packed_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, more: &[&str]| {
        let path = path(name);
        let line = [&["-o", path.to_str().unwrap(), "-m", "2k"], more].concat();
        run(&args(&line)).map_err(|error| error.downcast::<GenerateError>().unwrap())
    };
    let day = tickline_feed::generate::binary_file(&Parameters::of(2_000)).unwrap();
    for name in ["plain", "packed.gz", "packed.zst"] {
        assert_eq!(write(name, &["--json"]).unwrap(), Exit::Ok);
    }
    assert_eq!(fs::read(path("plain")).unwrap(), day);
    let mut gzip = flate2::read::GzDecoder::new(fs::File::open(path("packed.gz")).unwrap());
    let mut unpacked = Vec::new();
    io::copy(&mut gzip, &mut unpacked).unwrap();
    assert_eq!(unpacked, day);
    assert!(fs::read(path("packed.zst")).unwrap().starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));

    let refused = write("plain", &["--seed", "2"]).unwrap_err();
    assert!(matches!(refused, GenerateError::Exists(_)), "{refused}");
    assert_eq!((refused.exit(), fs::read(path("plain")).unwrap()), (Exit::Usage, day.clone()));
    write("plain", &["--seed", "2", "--force"]).unwrap();
    assert_ne!(fs::read(path("plain")).unwrap(), day);

    let unfit = write("other", &["--live-orders", "1M"]).unwrap_err();
    assert_eq!((unfit.exit(), names(folder.path()).len()), (Exit::Usage, 3), "{unfit}");
    let nowhere = write("absent/day", &[]).unwrap_err();
    assert_eq!(nowhere.exit(), Exit::Failed, "{nowhere}");
}

#[test]
fn a_file_that_is_not_kept_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day");
    let mut target = Target::open(&path, false).unwrap();
    target.write_all(b"half").unwrap();
    drop(target);
    assert!(names(folder.path()).is_empty());

    let target = Target::open(&path, false).unwrap();
    fs::write(&path, b"somebody else's").unwrap();
    assert_eq!(target.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(names(folder.path()), ["day"]);
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's");
    assert!(Target::open(folder.path(), true).is_err());
}

#[test]
fn devices_are_written_in_place_and_links_stay_links() {
    run(&args(&["-o", "/dev/null", "-m", "2k"])).unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());

    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, b"old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    run(&args(&["-o", link.to_str().unwrap(), "-m", "2k", "--force"])).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::metadata(&file).unwrap().len() > 10_000);
}
