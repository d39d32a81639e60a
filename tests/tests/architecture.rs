//! The import table and the house rules, kept by a test.

#![allow(clippy::unwrap_used, reason = "a test that can't read the tree has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// Who may import which module of the gateway, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("access", &["domain"]),
    ("sync", &["domain", "access"]),
    ("store", &["domain"]),
    ("sources", &["domain", "store"]),
    ("links", &["domain", "sync"]),
    ("views", &["domain"]),
    ("operator", &["domain", "views"]),
    ("web", &["domain", "views", "operator", "store"]),
    (
        "site",
        &["domain", "access", "sync", "store", "sources", "links", "views", "operator", "web", "config"],
    ),
];

/// Modules that read no clock, no disk and no network.
const PURE: &[&str] = &["domain", "access", "sync", "views"];

/// What pure modules must not name.
const IMPURE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "tokio::net",
    "tokio::time",
    "std::fs",
    "std::net",
    "sled::",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The files of one of the gateway's modules, be it a folder or a file.
fn module(name: &str) -> Vec<(PathBuf, String)> {
    let folder = root().join("gateway/src").join(name);
    let file = folder.with_extension("rs");
    let mut found = sources(&folder);
    if let Ok(text) = fs::read_to_string(&file) {
        found.push((file, text));
    }
    assert!(!found.is_empty(), "the gateway has no module {name}");
    found
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part == "tests" || part.ends_with("tests.rs") || part == "fixture.rs"
    })
}

/// The part of a file before its unit tests.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

/// The modules of this crate that a file names by path.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in production(text).split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split(';').next().unwrap_or("");
            found.extend(list.split([',', '{', '}']).map(|item| first_name(item.trim())));
        } else {
            found.push(first_name(rest));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn first_name(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    for (name, allowed) in MAY_IMPORT {
        for (path, text) in module(name).into_iter().filter(|(path, _)| !is_test(path)) {
            for import in imports(&text) {
                let known = MAY_IMPORT.iter().any(|(module, _)| *module == import)
                    || ["config", "cli", "service"].contains(&import.as_str());
                let fine = !known || import == *name || allowed.contains(&import.as_str());
                assert!(fine, "{}: {name} must not import {import}", path.display());
            }
        }
    }
}

#[test]
fn siblings_never_import_each_other() {
    for parent in ["sources", "links"] {
        let folder = root().join("gateway/src").join(parent);
        let children: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        for child in &children {
            for (path, text) in sources(&folder.join(child)) {
                for sibling in children.iter().filter(|sibling| *sibling != child) {
                    let import = format!("{parent}::{sibling}");
                    assert!(!text.contains(&import), "{} imports {import}", path.display());
                }
            }
        }
    }
}

#[test]
fn pure_modules_read_no_clock_no_disk_and_no_network() {
    for name in PURE {
        for (path, text) in module(name).into_iter().filter(|(path, _)| !is_test(path)) {
            for word in IMPURE {
                assert!(!production(&text).contains(word), "{} names {word}", path.display());
            }
        }
    }
    for (path, text) in
        sources(&root().join("panel-protocol/src")).into_iter().filter(|(path, _)| !is_test(path))
    {
        for word in ["std::", "alloc::"] {
            let foreign = production(&text).replace("heapless::", "").contains(word);
            assert!(!foreign, "{} names {word}", path.display());
        }
    }
}

#[test]
fn only_the_directory_uses_sled() {
    for (path, text) in sources(&root().join("gateway/src")) {
        let named = text.contains("sled::");
        let fine = !named || path.components().any(|part| part.as_os_str() == "directory");
        assert!(fine, "{} uses sled", path.display());
    }
}

#[test]
fn no_stub_stays_and_nothing_is_called_utils() {
    let crates = ["panel-protocol", "firmware-sim", "gateway", "tests"];
    for (path, text) in crates.iter().flat_map(|name| sources(&root().join(name))) {
        if path.ends_with("tests/tests/architecture.rs") {
            continue;
        }
        for word in ["todo!(", "unimplemented!(", "#[ignore", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "helper", "helpers", "manager", "misc"].contains(&stem.as_str())
        );
    }
}

#[test]
fn the_simulator_never_imports_the_gateway() {
    let manifest = fs::read_to_string(root().join("firmware-sim/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("gateway")));
}
