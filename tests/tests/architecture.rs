//! The import table and the house rules, kept by a test.
//!
//! Paths are resolved as the compiler resolves them (`tests::structure`), so an import counts by where it leads and not
//! by how it is written.

#![allow(clippy::unwrap_used, reason = "a test that can't read the tree has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tests::structure::{Crate, Import, Leads, Module, circles};
use tests::workspace;

/// Who may import which rooms of the gateway, or which modules of them, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("access", &["domain"]),
    ("sync", &["domain", "access"]),
    ("health", &["domain"]),
    ("store", &["domain"]),
    ("sources", &["domain", "store::directory", "store::error", "store::limits"]),
    ("links", &["domain", "sync"]),
    ("forward", &["domain", "store::events", "store::error"]),
    ("views", &["domain"]),
    ("operator", &["domain", "views"]),
    ("web", &["domain", "views", "operator", "store::users", "store::sessions", "store::error"]),
    ("site", BELOW_SITE),
    ("config", EVERYTHING),
    ("cli", EVERYTHING),
    ("service", EVERYTHING),
    ("demo", EVERYTHING),
];

/// The rooms that the shells in `site` join.
const BELOW_SITE: &[&str] = &[
    "domain", "access", "sync", "health", "store", "sources", "links", "forward", "views", "operator", "web",
];

/// The edges may import all rooms.
const EVERYTHING: &[&str] = &[""];

/// What stands against the table today, as importing and imported module. Whoever mends one takes it out: a line that
/// is no longer needed fails the test.
const KNOWN: &[(&str, &str)] = &[
    // What the installer wrote is given to the shells whole; taking it apart for each of them would be written twice.
    ("site", "config"),
];

/// Rooms that the design doesn't know, and that are still there.
const KNOWN_ROOMS: &[&str] = &[];

/// Files that import each other in a circle, if only by way of others, and for now may. What a parent takes of its own
/// children is not counted.
const KNOWN_CIRCLES: &[(&str, &str)] = &[];

/// Modules whose children are of one kind each, and never import each other.
const PARENTS: &[&str] = &["sources", "links", "links::mqtt::dialect"];

/// Children that all their siblings may import, because what they hold is theirs together: what a card number becomes, what
/// a plan knows; the words of any link, and the bytes of the command set that several kinds carry.
const SHARED: &[&str] = &[
    "sources::cards",
    "sources::events",
    "sources::moment",
    "links::card_table",
    "links::client",
    "links::handle",
    "links::heard",
    "links::limits",
    "links::private_file",
    "links::serial_port",
    "links::status",
    "links::tending",
];

/// Rooms that read no clock, no disk and no network, and wait for nothing.
const PURE: &[&str] = &["domain", "access", "sync", "health", "views"];

/// What pure rooms must not name. Addresses are values; sockets are not.
const IMPURE: &[&str] = &[
    "axum",
    "getrandom",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
    "reqwest",
    "rustix",
    "sled",
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::process",
    "std::thread",
    "std::time::Instant::now",
    "std::time::SystemTime",
    "tokio",
];

/// Who may name which part of `panel-protocol`. Its values (credentials, formats, reasons, times) are words of the
/// house, and free to all.
const PANEL_PROTOCOL: &[(&str, &[&str])] = &[
    ("panel_protocol::osdp", &["links"]),
    ("panel_protocol::panel", &["access", "sync", "links"]),
    ("panel_protocol::table", &["domain", "access", "sync", "links"]),
];

/// Crates that one module alone may name.
const ONLY_IN: &[(&str, &str)] = &[("sled", "store::directory"), ("firmware_sim", "demo")];

/// The crates whose source is judged, each read once for all tests.
const CRATES: [&str; 3] = ["panel-protocol", "firmware-sim", "gateway"];

static READ: LazyLock<[Crate; CRATES.len()]> = LazyLock::new(|| CRATES.map(read));
static PROTOCOL: LazyLock<&Crate> = LazyLock::new(|| &READ[0]);
static GATEWAY: LazyLock<&Crate> = LazyLock::new(|| &READ[2]);

fn read(name: &str) -> Crate {
    Crate::read(&workspace().join(name).join("src/lib.rs")).unwrap()
}

/// Whether a path is `prefix` or lies below it.
fn is_below(path: &str, prefix: &str) -> bool {
    prefix.is_empty()
        || path == prefix
        || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"))
}

fn is_edge(room: &str) -> bool {
    MAY_IMPORT.iter().any(|(name, may)| *name == room && *may == EVERYTHING)
}

/// Where an import of the program stands.
fn place(import: &Import<'_>) -> String {
    let file = import.from.file.strip_prefix(workspace()).unwrap_or(&import.from.file);
    format!("{}:{}: {}", file.display(), import.line, import.written)
}

/// Imports that break a rule, by who imports what; each with its places.
#[derive(Default)]
struct Breaches(BTreeMap<(String, String), Vec<String>>);

impl Breaches {
    fn add(&mut self, from: &str, to: &str, import: &Import<'_>) {
        let places = self.0.entry((from.to_owned(), to.to_owned())).or_default();
        places.push(place(import));
        places.dedup();
    }
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let mut breaches = Breaches::default();
    for import in GATEWAY.imports() {
        across_rooms(&import, &mut breaches);
        between_siblings(&import, &mut breaches);
        outside(&import, &mut breaches);
    }
    let is_known =
        |(from, to): &(String, String), known: &(&str, &str)| from == known.0 && is_below(to, known.1);
    let fresh: Vec<String> = breaches
        .0
        .iter()
        .filter(|(pair, _)| !KNOWN.iter().any(|known| is_known(pair, known)))
        .map(|((from, to), places)| format!("{from} must not import {to}:\n    {}", places.join("\n    ")))
        .collect();
    let gone: Vec<_> =
        KNOWN.iter().filter(|known| !breaches.0.keys().any(|pair| is_known(pair, known))).collect();
    let fresh = fresh.join("\n");
    assert!(
        fresh.is_empty() && gone.is_empty(),
        "{fresh}\nno longer so, and to be taken out of KNOWN: {gone:?}"
    );
}

/// The table.
fn across_rooms(import: &Import<'_>, breaches: &mut Breaches) {
    let from = import.from.room();
    let Some((_, may)) = MAY_IMPORT.iter().find(|(name, _)| *name == from) else { return };
    for to in [import.named, import.leads.module()].into_iter().flatten() {
        let whole = to.name();
        // Through a room's door one goes to what it re-exports; where that leads is judged by itself.
        let is_door =
            to.path.len() == 1 && !matches!(import.leads, Leads::Item(module, _) if module.path == to.path);
        let fine = may.iter().any(|may| is_below(&whole, may) || is_door && is_below(may, to.room()));
        if !fine && to.room() != from && !whole.is_empty() {
            breaches.add(from, &whole, import);
        }
    }
}

/// Children of one parent, be they files or folders; and the parent itself, which all of them stand on.
fn between_siblings(import: &Import<'_>, breaches: &mut Breaches) {
    let Some(to) = import.leads.module().map(Module::name) else { return };
    let from = import.from.name();
    for parent in PARENTS {
        let child = |path: &str| {
            let rest = path.strip_prefix(parent)?.strip_prefix("::")?;
            Some(format!("{parent}::{}", rest.split("::").next()?))
        };
        let Some(there) = child(&to) else { continue };
        let fine = SHARED.contains(&there.as_str()) || import.is_reexport && from == *parent;
        let here = if from == *parent { Some(from.clone()) } else { child(&from) };
        if let Some(here) = here.filter(|here| *here != there && !fine) {
            breaches.add(&here, &there, import);
        }
    }
}

/// Other crates.
fn outside(import: &Import<'_>, breaches: &mut Breaches) {
    let Leads::Elsewhere(path) = &import.leads else { return };
    let path = path.join("::");
    let (room, module) = (import.from.room(), import.from.name());
    let impure = IMPURE.iter().find(|impure| PURE.contains(&room) && is_below(&path, impure));
    let foreign = PANEL_PROTOCOL
        .iter()
        .find(|(part, may)| is_below(&path, part) && !may.contains(&room) && !is_edge(room))
        .map(|(part, _)| part);
    let alone = ONLY_IN
        .iter()
        .find(|(name, only)| is_below(&path, name) && !is_below(&module, only))
        .map(|(name, _)| name);
    for what in [impure, foreign, alone].into_iter().flatten() {
        breaches.add(room, what, import);
    }
}

#[test]
fn every_room_stands_in_the_table() {
    let rooms: BTreeSet<&str> =
        GATEWAY.modules().filter(|module| !module.is_test).map(Module::room).collect();
    let rows: BTreeSet<&str> = MAY_IMPORT.iter().map(|(room, _)| *room).chain([""]).collect();
    let strange: Vec<&str> = rooms.difference(&rows).copied().collect();
    assert_eq!(
        strange, KNOWN_ROOMS,
        "left: rooms that the design doesn't know, right: what is known of that"
    );
}

#[test]
fn the_map_shows_every_room() {
    let map = fs::read_to_string(workspace().join("gateway/ARCHITECTURE.md")).unwrap();
    let shown: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let rows = MAY_IMPORT.iter().map(|(room, _)| *room).filter(|room| *room != "forward");
    assert_eq!(shown, rows.collect::<Vec<_>>(), "left: ARCHITECTURE.md, right: the table");
}

#[test]
fn files_import_each_other_in_no_circle() {
    for (it, name) in READ.iter().zip(CRATES) {
        let src = workspace().join(name).join("src");
        let imports: Vec<Import<'_>> = it.imports().filter(|import| !import.is_of_a_child()).collect();
        let found: Vec<BTreeSet<String>> = circles(imports.iter().filter_map(Crate::edge))
            .into_iter()
            .map(|circle| circle.into_iter().map(|file| below(file, &src)).collect())
            .collect();
        let known: Vec<BTreeSet<String>> = KNOWN_CIRCLES
            .iter()
            .filter(|(of, _)| *of == name)
            .map(|(_, files)| files.split_whitespace().map(str::to_owned).collect())
            .collect();
        let fresh: Vec<_> =
            found.iter().filter(|circle| !known.iter().any(|known| circle.is_subset(known))).collect();
        let gone: Vec<_> =
            known.iter().filter(|known| !found.iter().any(|circle| circle.is_subset(known))).collect();
        assert!(
            fresh.is_empty() && gone.is_empty(),
            "{name}: files in a circle: {fresh:?}\nopened, and to be taken out of KNOWN_CIRCLES: {gone:?}"
        );
    }
}

fn below(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).display().to_string()
}

#[test]
fn every_file_belongs_to_its_crate() {
    for (it, name) in READ.iter().zip(CRATES) {
        let src = workspace().join(name).join("src");
        let reached: BTreeSet<&Path> = it.modules().map(|module| &*module.file).collect();
        for (path, _) in sources(&src).iter().filter(|(path, _)| !path.ends_with("main.rs")) {
            assert!(reached.contains(&**path), "{} belongs to no module", path.display());
        }
    }
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

#[test]
fn the_protocol_names_no_std_and_no_allocation() {
    for import in PROTOCOL.imports() {
        let Leads::Elsewhere(path) = &import.leads else { continue };
        assert!(!["std", "alloc"].contains(&&*path[0]), "{}", place(&import));
    }
}

#[test]
fn no_stub_stays_and_nothing_is_called_utils() {
    let crates = ["panel-protocol", "firmware-sim", "gateway", "tests"];
    for (path, text) in crates.iter().flat_map(|name| sources(&workspace().join(name))) {
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
    let manifest = fs::read_to_string(workspace().join("firmware-sim/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("gateway")));
}
