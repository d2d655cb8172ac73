//! Tests that every test which `SECURITY.md` calls a proof is there.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::path::Path;

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut code = String::new();
    for folder in ["operator/tests", "operator/src", "tests"] {
        sources(&root.join(folder), &mut code);
    }
    let is_test = |word: &&str| {
        word.matches('_').count() > 3
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    let tests: Vec<&str> = page.split('`').filter(is_test).collect();
    assert!(tests.len() > 5, "{tests:?}");
    for test in tests {
        assert!(code.contains(&format!("fn {test}(")), "{test}");
    }
}
