//! What somebody probably meant who wrote a word that is not known.

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

use super::Cli;
use crate::domain::closest;

/// What the process was started with. Where a word stands that no command is, it is told which one it may have been, or
/// which there are.
pub(super) fn command_line() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        let is_told = error.get(ContextKind::SuggestedSubcommand).is_some();
        if let (false, Some(ContextValue::String(word))) =
            (is_told, error.get(ContextKind::InvalidSubcommand))
        {
            let tip = tip(word, &known_beside(word));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        }
        error.exit()
    })
}

/// The commands that might have stood in this word's place.
fn known_beside(word: &str) -> Vec<String> {
    let mut command = Cli::command();
    for given in std::env::args_os().skip(1) {
        match command.find_subcommand(&given).cloned() {
            Some(deeper) => command = deeper,
            None if given == word => break,
            None => {}
        }
    }
    command.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

fn tip(word: &str, known: &[String]) -> String {
    match closest(word, known.iter().map(String::as_str)) {
        Some(near) => format!("a similar subcommand exists: '{near}'"),
        None => format!("the commands are {}", known.join(", ")),
    }
}

/// `; did you mean "trial"?`, if one of those that there are is near to a word.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str, IntoIter: Clone>) -> String {
    closest(word, known).map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default()
}
