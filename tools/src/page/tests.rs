use super::*;

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// Checks that every element of a page is closed in order, that every attribute has its quotes and
/// no element has one twice, and that no id is given twice.
pub fn assert_well_formed(page: &str) {
    let (mut open, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
    let mut rest = page.strip_prefix("<!doctype html>").expect("it begins with its type");
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > in {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "before {:.80}", rest);
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        check_attributes(attributes.trim_end_matches('/'), &mut ids);
        if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name.to_owned());
        }
        if matches!(name, "script" | "style") {
            let end = rest.find(&format!("</{name}>")).expect("a block that ends");
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

fn check_attributes(text: &str, ids: &mut std::collections::BTreeSet<String>) {
    let (mut rest, mut names) = (text.trim(), std::collections::BTreeSet::new());
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = &rest[..end];
        assert!(names.insert(name), "{name} twice in {text}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{text}");
        let Some(value) = rest[end..].strip_prefix("=\"") else {
            rest = rest[end..].trim_start();
            continue;
        };
        let (value, after) = value.split_once('"').expect("a value that ends");
        assert!(after.is_empty() || after.starts_with(' '), "{text}");
        assert!(name != "id" || ids.insert(value.to_owned()), "id {value} twice");
        rest = after.trim_start();
    }
}

/// Nothing that a browser would ask the network for, and no address of anything.
pub fn assert_alone(page: &str) {
    for outside in ["http:", "https:", "src=", "url(", "@import", "{{light", "<iframe", "<img"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("href=").count() - page.matches("href=\"#").count(), 1);
    assert!(page.contains("default-src 'none'") && page.contains("href=\"data:,\""));
}

#[test]
fn text_is_escaped() {
    assert_eq!(escaped("<b>&\"'"), "&lt;b&gt;&amp;&quot;&#39;");
    assert_eq!(escaped("a\u{0}\u{202e}b\tµ"), "a\u{fffd}\u{fffd}b\tµ");
    let block = data_block("it", &serde_json::json!({"</script>": "<!--"}));
    assert_eq!(block.matches('<').count(), 2, "{block}");
    let inside = &block[block.find('{').unwrap()..=block.rfind('}').unwrap()];
    let back: serde_json::Value = serde_json::from_str(inside).unwrap();
    assert_eq!(back["</script>"], "<!--");
}

#[test]
fn a_page() {
    let content = section("x", "<i>", &warnings(["{{script}}".to_owned()].into_iter()));
    let page = Page { title: "a & b {{content}}", style: "", script: "", content: &content };
    let page = page.print();
    assert_well_formed(&page);
    assert_eq!(page.matches("a &amp; b {{content}}").count(), 2);
    assert!(page.contains("<li>{{script}}</li>") && page.contains("&lt;i&gt;"));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("--ground: #14171a"));
}

#[test]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    for text in ["first", "second"] {
        write(&path, text).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    let link = folder.path().join("link.html");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    write(&link, "third").unwrap();
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "third");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
}

#[test]
fn where_no_file_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, expected: &str| {
        let error = write(path, "x").unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("name a file"), "{error}");
    };
    check(folder.path(), "is a directory");
    check(&folder.path().join("absent/page.html"), "No such file");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
