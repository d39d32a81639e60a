//! What the guides say can be done: every link leads somewhere, and the program takes every command line.

#![allow(clippy::unwrap_used, reason = "a test that can't read the tree has failed")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap::error::ErrorKind;
use tests::workspace;

/// The guides: every Markdown file of the tree.
fn guides() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![workspace()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 10, "only {} guides", found.len());
    found
}

/// A guide's lines, each with whether it stands in a block of code.
fn lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut in_code = false;
    text.lines().filter_map(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!fence).then_some((in_code, line))
    })
}

/// Every second piece of a line of prose: what stands between backticks.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in guides() {
        for (_, line) in lines(&text).filter(|(in_code, _)| !in_code) {
            for target in line.split("](").skip(1) {
                let target = target.split(')').next().unwrap();
                if !target.contains("://") {
                    follow(&path, target);
                }
            }
        }
    }
}

fn follow(from: &Path, target: &str) {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let there = if file.is_empty() { from.to_owned() } else { from.parent().unwrap().join(file) };
    assert!(there.exists(), "{} links to {target}, which isn't there", from.display());
    if !heading.is_empty() {
        let text = fs::read_to_string(&there).unwrap();
        let headings: HashSet<String> = lines(&text)
            .filter(|(in_code, line)| !in_code && line.starts_with('#'))
            .map(|(_, line)| anchor(line.trim_start_matches('#').trim()))
            .collect();
        assert!(headings.contains(heading), "{} links to {target}: no such heading", from.display());
    }
}

/// How the hosts of such files name a heading in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
}

#[test]
fn the_program_takes_every_command_line() {
    let mut tried = 0;
    for (path, text) in guides() {
        let code: Vec<&str> = lines(&text).filter(|(in_code, _)| *in_code).map(|(_, line)| line).collect();
        for words in code.join("\n").replace("\\\n", " ").lines().flat_map(invocations) {
            let outcome = gateway::cli::command().try_get_matches_from(&words);
            let fine = outcome.as_ref().map_or_else(asks_for_help, |_| true);
            assert!(fine, "{}: `{}`: {}", path.display(), words.join(" "), outcome.unwrap_err());
            tried += 1;
        }
        for (_, line) in lines(&text).filter(|(in_code, _)| !in_code) {
            for words in code_spans(line).filter(|span| span.starts_with("gateway ")).flat_map(invocations) {
                if let Err(why) = exists(&words) {
                    panic!("{}: `{}`: {why}", path.display(), words.join(" "));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "only {tried} command lines were found");
}

#[test]
fn the_program_takes_its_own_examples() {
    let mut tried = 0;
    let mut commands = vec![gateway::cli::command()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for words in examples.lines().flat_map(invocations) {
            let outcome = gateway::cli::command().try_get_matches_from(&words);
            let fine = outcome.as_ref().map_or_else(asks_for_help, |_| true);
            assert!(fine, "`{}`: {}", words.join(" "), outcome.unwrap_err());
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} examples were found");
}

fn asks_for_help(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// Prose may leave out what a command needs, and say FILE for a file: its words and options must be there.
fn exists(words: &[String]) -> Result<(), String> {
    let mut command = gateway::cli::command();
    for word in &words[1..] {
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap();
            let known = ["help", "version"].contains(&name) || has_option(&command, name);
            known.then_some(()).ok_or(format!("no option {word}"))?;
        } else if command.has_subcommands() && !is_placeholder(word) {
            command = command.find_subcommand(word).cloned().ok_or(format!("no command {word}"))?;
        }
    }
    Ok(())
}

fn has_option(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(name))
}

fn is_placeholder(word: &str) -> bool {
    word == "…" || word.chars().all(char::is_uppercase)
}

/// The runs of `gateway` in a line of shell, in words, the program's name first.
fn invocations(line: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for words in simple_commands(line) {
        let words = words.iter().map(String::as_str).collect::<Vec<_>>();
        let own = match words.as_slice() {
            ["sudo", "-u", _, "gateway", rest @ ..] | ["sudo", "gateway", rest @ ..] => rest,
            ["cargo", "run", options @ ..] if options.contains(&"gateway") => {
                options.split(|word| *word == "--").nth(1).unwrap_or(&[])
            }
            ["gateway", rest @ ..] => rest,
            _ => continue,
        };
        found.push(["gateway"].iter().chain(own).map(ToString::to_string).collect());
    }
    found
}

/// A line of shell as simple commands: split at pipes, lists and substitutions, without comments and redirections.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars().peekable();
    let end_word = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>| {
        commands.last_mut().unwrap().extend(word.take());
    };
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '$') if rest.next_if_eq(&'(').is_some() => {
                word = None;
                commands.push(Vec::new());
            }
            (None, '|' | '&' | ';' | ')') => {
                end_word(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            (None, '>' | '<') => {
                end_word(&mut word, &mut commands);
                while rest.next_if(|c| c.is_whitespace()).is_some() {}
                while rest.next_if(|c| !c.is_whitespace()).is_some() {}
            }
            (None, _) if c.is_whitespace() => end_word(&mut word, &mut commands),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut word, &mut commands);
    commands
}
