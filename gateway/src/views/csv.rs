//! Events as lines of CSV (RFC 4180), for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and names come from outside: such a cell
//! gets an apostrophe before it, which spreadsheets read as "this is text".

use std::fmt::Write;

use super::event::EventView;
use crate::domain::LocalClock;

/// The names of the columns, as the first line.
pub const EVENTS_CSV_HEAD: &str =
    "number,at,local_time,door,controller,who,card,result,reason,reason_text\r\n";

/// One event as a line.
pub fn event_csv(event: &EventView, clock: &LocalClock) -> String {
    let EventView { number, at, who, door, controller, card, granted, reason, reason_text, .. } = event;
    let word = serde_json::to_value(reason).ok();
    let mut line = format!("{number},{at},{}", clock.iso(at));
    for cell in [
        door.as_str(),
        controller.as_str(),
        who.as_deref().unwrap_or_default(),
        card.as_ref().map_or("", |card| card.as_str()),
        if *granted { "granted" } else { "refused" },
        word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default(),
        reason_text,
    ] {
        // Writing to a string does not fail.
        let _ = write!(line, ",{}", quoted(cell));
    }
    line + "\r\n"
}

/// Cells as a line, without its end.
pub fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    cells.map(quoted).collect::<Vec<_>>().join(",")
}

/// A cell that is text and nothing else, in quotes where it needs them.
fn quoted(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{text}") } else { text.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use panel_protocol::credential::Credential;
    use panel_protocol::decide::Reason;

    use super::*;
    use crate::domain::CardRead;
    use crate::views::CardText;

    fn line(name: &str) -> String {
        let read = CardRead {
            controller: "dock".parse().unwrap(),
            door: None,
            reader: 1,
            credential: Credential::new(26, 1).unwrap(),
            holder: None,
            holder_name: Some(name.to_owned()),
            granted: false,
            reason: Reason::NoAccess,
            held_back: None,
            explained: None,
            sequence: 1,
            epoch: 1,
        };
        let at: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let event = EventView::of_card_read(7, at, &read, Some("Dock, roller door"), CardText::new("100-1"));
        event_csv(&event, &LocalClock::new("Europe/Berlin", at))
    }

    #[test]
    fn a_line_has_a_cell_for_each_column_of_the_head() {
        assert_eq!(
            line("Ann Archer"),
            "7,2026-11-30T12:00:00Z,2026-11-30T13:00:00.000+01:00,\"Dock, roller door\",dock,Ann Archer,100-1,refused,\
             no_access,no access to this door\r\n"
        );
        assert_eq!(EVENTS_CSV_HEAD.split(',').count(), 10);
    }

    #[test]
    fn no_name_is_a_formula_or_breaks_out_of_its_cell() {
        for (name, cell) in [
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a,b", "\"a,b\""),
            ("a\nb", "\"a\nb\""),
            ("O'Neil = x", "O'Neil = x"),
        ] {
            assert!(line(name).contains(&format!(",dock,{cell},100-1,")), "{name:?}: {}", line(name));
        }
    }
}
