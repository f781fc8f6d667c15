//! Rows of a recording beside rows of the capture that was recorded.

use std::fs;
use std::path::Path;

use crate::place::Place;
use crate::record::Recorder;

/// What strategies get of a recording is what they got of the capture, names and decimals included.
#[test]
fn rows_of_a_recording_are_those_of_its_capture() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    if !captures.is_dir() {
        println!("skipped: no captures at {}", captures.display());
        return;
    }
    for (file, publish) in [
        ("crypto/coinbase-ws.txt.gz", "levels,quotes,trades"),
        ("iex/deep10-20231002.pcap.gz", "levels,quotes,trades"),
        ("nasdaq/zero-prefix.itch.gz", "orders,quotes,trades"),
    ] {
        let (place, capture) = (Place::new(), captures.join(file));
        let streams = publish.replace(',', "\", \"");
        let scenario = format!(
            "name = \"real\"\n[ring]\nname = \"test\"\n[feed]\npublish = [\"{streams}\"]\n\
             source = {{ capture = [{capture:?}], speed = \"max\" }}\n\
             [[strategy]]\nname = \"null\"\nrun = \"null\"\n"
        );
        fs::write(place.path().join("real.toml"), scenario).unwrap();
        let recorder = Recorder::start(&place, &["test", "-o", "a.tick", "--wait"]);
        let launch = place.command("tickline").args(["launch", "real.toml"]).output().unwrap();
        assert!(launch.status.success(), "{}", String::from_utf8_lossy(&launch.stderr));
        let (code, _, errors) = recorder.end();
        assert_eq!(code, 0, "{errors}");
        let dump = |file: &Path| {
            let args = ["dump".as_ref(), file.as_os_str(), "--publish".as_ref(), publish.as_ref()];
            let dump = place.command("tickline").args(args).output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            String::from_utf8(dump.stdout).unwrap()
        };
        let (ours, theirs) = (dump(Path::new("a.tick")), dump(&capture));
        let mut lines = ours.lines().zip(theirs.lines());
        assert_eq!(lines.find(|(ours, theirs)| ours != theirs), None, "{file}");
        assert_eq!((ours.len(), ours.lines().count() > 1_000), (theirs.len(), true), "{file}");
    }
}
