//! `gateway completions`

use std::path::Path;

use crate::program::run;

#[test]
fn every_shells_completions_name_every_command() {
    let mut commands = vec![gateway::cli::command()];
    let mut names = Vec::new();
    while let Some(command) = commands.pop() {
        names.extend(command.get_subcommands().map(|command| command.get_name().to_owned()));
        commands.extend(command.get_subcommands().cloned());
    }
    assert!(names.len() > 30, "{names:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(Path::new("."), &format!("completions {shell}")).succeeded();
        for name in &names {
            assert!(script.contains(name.as_str()), "{shell} doesn't know {name}");
        }
        for option in ["--config", "--from"].iter().filter(|_| shell == "bash" || shell == "zsh") {
            assert!(script.contains(option), "{shell} doesn't know {option}");
        }
    }
    let stderr = run(Path::new("."), "completions tcsh").failed(2);
    assert!(stderr.contains("bash"), "{stderr}");
}
