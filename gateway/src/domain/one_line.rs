//! Texts from outside, where a terminal or a log shows them.

use std::fmt::Display;

/// The text in one line: characters that would move a cursor, colour a screen or begin another line are written out, as
/// `\n` or `\u{1b}`. Names come from identity providers, and who reads a log or a list must see what is ours in it.
pub fn one_line(text: impl Display) -> String {
    let mut line = String::new();
    for c in text.to_string().chars() {
        if is_moving(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// The text with what would turn the direction of writing, or steer a terminal that it is pasted into, written out. Lines
/// stay lines.
pub fn harmless(text: String) -> String {
    let is_harmful = |c: char| is_moving(c) && !matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}');
    if !text.contains(is_harmful) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// Control characters, line separators, and those that turn the direction of writing.
fn is_moving(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_writing_around_or_steers_a_terminal_is_written_out_and_lines_stay() {
        assert_eq!(harmless("a\n\u{202E}b\u{1b}[31m".to_owned()), "a\n\\u{202e}b\\u{1b}[31m");
        assert_eq!(harmless("Süd\t山田\r\n".to_owned()), "Süd\t山田\r\n");
    }

    #[test]
    fn a_name_stays_in_its_line_and_keeps_its_letters() {
        assert_eq!(one_line("Süd \"Ada\" 山田"), "Süd \"Ada\" 山田");
        assert_eq!(one_line("a\nERROR b\r\x1b[31m\u{202E}c"), "a\\nERROR b\\r\\u{1b}[31m\\u{202e}c");
    }
}
