//! `cargo run -p tests --bin structure [CHECKOUT]`: how the code is built, in figures.
//!
//! Rooms of the gateway, circles (files that import each other, if only by way of others), files over 300 lines, the
//! longest functions, lines of production and of tests. Of this checkout, or of another one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use tests::structure::{Crate, Lines, circles};
use tests::workspace;

/// The crates whose code is the product.
const CRATES: [&str; 3] = ["panel-protocol", "firmware-sim", "gateway"];

/// Folders with nothing but tests, examples of them or tools for them.
const TESTS: [&str; 6] = [
    "panel-protocol/tests",
    "panel-protocol/fuzz",
    "firmware-sim/tests",
    "gateway/tests",
    "gateway/fuzz",
    "tests",
];

/// A file longer than this is told by name.
const LONG_FILE: usize = 300;

/// Functions that are told by name.
const LONGEST: usize = 5;

fn main() -> anyhow::Result<ExitCode> {
    let checkout = std::env::args_os().nth(1).map_or_else(workspace, PathBuf::from);
    let mut crates = Vec::new();
    for name in CRATES {
        let root = checkout.join(name).join("src/lib.rs");
        crates.push((name, Crate::read(&root).with_context(|| format!("{name} can't be read"))?));
    }
    let (_, gateway) = crates.last().context("there are crates")?;
    rooms(gateway);
    for (name, it) in &crates {
        files_in_circles(name, it, &checkout);
    }
    long_files(&crates, &checkout);
    functions(&crates, &checkout);
    lines(&crates, &checkout)?;
    Ok(ExitCode::SUCCESS)
}

fn rooms(gateway: &Crate) {
    let mut rooms: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let lines: BTreeMap<PathBuf, Lines> = gateway.lines().map(|file| (file.file.clone(), file)).collect();
    let mut seen = BTreeSet::new();
    for module in gateway.modules().filter(|module| !module.path.is_empty()) {
        if seen.insert(&module.file) {
            let room = rooms.entry(module.room()).or_default();
            room.0 += 1;
            room.1 += lines[&module.file].production;
            room.2 += lines[&module.file].tests;
        }
    }
    println!("rooms of the gateway: {}", rooms.len());
    println!("  {:<12} {:>6} {:>11} {:>7}", "room", "files", "production", "tests");
    for (room, (files, production, tests)) in rooms {
        println!("  {room:<12} {files:>6} {production:>11} {tests:>7}");
    }
    let between = gateway.imports().filter_map(|import| {
        let to = import.leads.module()?.room().to_owned();
        let from = import.from.room().to_owned();
        (!from.is_empty() && !to.is_empty() && from != to).then_some((from, to))
    });
    for circle in circles(between) {
        println!("  circle of rooms: {}", circle.into_iter().collect::<Vec<_>>().join(", "));
    }
}

fn files_in_circles(name: &str, it: &Crate, checkout: &Path) {
    let imports: Vec<_> = it.imports().collect();
    let whole = circles(imports.iter().filter_map(Crate::edge));
    let between = || imports.iter().filter(|import| !import.is_of_a_child());
    let found = circles(between().filter_map(Crate::edge));
    println!(
        "\ncircles in {name}: {}; with what parents take of their own children {}",
        told(&found),
        told(&whole)
    );
    let src = checkout.join(name).join("src");
    for circle in found {
        let names: Vec<String> = circle.iter().map(|file| shown(file, &src)).collect();
        println!("  {:>3}: {}", names.len(), names.join(" "));
        for import in between() {
            let Some((from, to)) = Crate::edge(import) else { continue };
            if from != to && circle.contains(from) && circle.contains(to) {
                println!("       {}:{} {}", shown(from, &src), import.line, import.written);
            }
        }
    }
}

fn told(circles: &[BTreeSet<&Path>]) -> String {
    let files: usize = circles.iter().map(BTreeSet::len).sum();
    format!("{} of {files} files", circles.len())
}

fn long_files(crates: &[(&str, Crate)], checkout: &Path) {
    let all = || crates.iter().flat_map(|(_, it)| it.lines());
    let mut long: Vec<Lines> = all().filter(|file| file.production + file.tests > LONG_FILE).collect();
    long.sort_by_key(|file| std::cmp::Reverse(file.production + file.tests));
    println!("\nfiles over {LONG_FILE} lines: {} of {}", long.len(), all().count());
    for file in long {
        let whole = file.production + file.tests;
        println!("  {whole:>5} {} ({} of tests)", shown(&file.file, checkout), file.tests);
    }
    let lengths = all().map(|file| file.production).filter(|lines| *lines > 0);
    println!("  production lines of a file: {}", quantiles(lengths.collect()));
}

fn functions(crates: &[(&str, Crate)], checkout: &Path) {
    let mut all: Vec<_> = crates.iter().flat_map(|(_, it)| it.functions()).collect();
    all.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    println!("\nfunctions: {}", all.len());
    for (file, function) in all.iter().take(LONGEST) {
        println!("  {:>5} {} {}:{}", function.lines, function.name, shown(file, checkout), function.line);
    }
    println!(
        "  lines of a function: {}",
        quantiles(all.iter().map(|(_, function)| function.lines).collect())
    );
}

fn lines(crates: &[(&str, Crate)], checkout: &Path) -> anyhow::Result<()> {
    println!("\n  {:<22} {:>11} {:>7}", "lines", "production", "tests");
    let (mut production, mut tests) = (0, 0);
    for (name, it) in crates {
        let own: (usize, usize) =
            it.lines().fold((0, 0), |sum, file| (sum.0 + file.production, sum.1 + file.tests));
        println!("  {name:<22} {:>11} {:>7}", own.0, own.1);
        production += own.0;
        tests += own.1;
    }
    for folder in TESTS {
        let own = rust_lines(&checkout.join(folder))?;
        println!("  {folder:<22} {:>11} {own:>7}", 0);
        tests += own;
    }
    #[allow(clippy::cast_precision_loss, reason = "lines of code are few")]
    let share = tests as f64 / production as f64;
    println!("  {:<22} {production:>11} {tests:>7}   tests : production = {share:.2}", "all");
    Ok(())
}

fn rust_lines(folder: &Path) -> anyhow::Result<usize> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            sum += rust_lines(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sum += std::fs::read_to_string(&path)?.lines().count();
        }
    }
    Ok(sum)
}

fn quantiles(mut lengths: Vec<usize>) -> String {
    lengths.sort_unstable();
    let at = |share: usize| lengths.get((lengths.len() * share / 100).min(lengths.len().saturating_sub(1)));
    let at = |share| at(share).copied().unwrap_or_default();
    format!("median {}, p90 {}, longest {}", at(50), at(90), at(100))
}

fn shown(file: &Path, below: &Path) -> String {
    file.strip_prefix(below).unwrap_or(file).display().to_string()
}
