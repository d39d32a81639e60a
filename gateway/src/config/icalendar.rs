//! Holidays of an iCalendar file (RFC 5545): events of whole days, once or every year.
//!
//! Strict: what can't be kept as it is meant (a time of day, the fourth Thursday, an exception) is refused with its line and
//! what would be right, so that no door is open on a day that somebody believes to be a holiday.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// Longest holiday, in days.
const MAX_DAYS: i32 = 366;

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}. {remedy}")]
pub struct CalendarError {
    /// Where, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: &'static str,
}

/// The holidays of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holidays {
    /// On which days of every year, as month and day.
    pub yearly: BTreeSet<(i8, i8)>,
    /// From which day to which, both included; in order, none of them twice and none also yearly.
    pub spans: Vec<(Date, Date)>,
    /// How many were over before the day on which it is read, and are left out.
    pub over: usize,
}

/// A line with its number, unfolded.
struct Line {
    number: usize,
    name: String,
    parameters: String,
    value: String,
}

/// An event while it is read.
#[derive(Default)]
struct Event {
    begun: usize,
    start: Option<Date>,
    end: Option<Date>,
    days: Option<i32>,
    yearly: bool,
    cancelled: bool,
}

/// Reads a file; what is over before `today` is left out.
///
/// # Errors
/// With the first thing that is no holiday calendar, or can't be kept.
pub fn read(text: &str, today: Date) -> Result<Holidays, CalendarError> {
    let lines = unfolded(text)?;
    let (mut open, mut event): (Vec<String>, Option<Event>) = (Vec::new(), None);
    let (mut yearly, mut once, mut over) = (BTreeSet::new(), BTreeSet::new(), 0);
    for line in &lines {
        match (line.name.as_str(), open.last().map(String::as_str)) {
            ("BEGIN", None) if line.value != "VCALENDAR" => return Err(no_calendar(line.number)),
            ("BEGIN", _) => {
                open.push(line.value.clone());
                if line.value == "VEVENT" {
                    event = Some(Event { begun: line.number, ..Event::default() });
                }
            }
            ("END", Some(name)) if name == line.value => {
                open.pop();
                let ended = if line.value == "VEVENT" { event.take() } else { None };
                for (day, of_every_year) in ended.map(Event::days).transpose()?.into_iter().flatten() {
                    match of_every_year {
                        true => drop(yearly.insert((day.month(), day.day()))),
                        false if day < today => over += 1,
                        false => drop(once.insert(day)),
                    }
                }
            }
            ("END", _) => {
                return Err(wrong(
                    line.number,
                    format!("nothing that is called {} ends here", line.value),
                    WHOLE,
                ));
            }
            (_, None) => return Err(no_calendar(line.number)),
            (_, Some("VEVENT")) => {
                if let Some(event) = &mut event {
                    event.take(line)?;
                }
            }
            _ => {}
        }
    }
    if let Some(name) = open.last() {
        return Err(wrong(lines.last().map_or(1, |line| line.number), format!("{name} has no end"), WHOLE));
    }
    once.retain(|day| !yearly.contains(&(day.month(), day.day())));
    if lines.is_empty() {
        return Err(no_calendar(1));
    }
    Ok(Holidays { yearly, spans: runs(&once), over })
}

const WHOLE: &str = "Is the file whole? It ends with END:VCALENDAR.";
const BY_DAY: &str = "Write the days of the coming years as events of their own, without RRULE.";
const ALL_DAY: &str = "A holiday is an event of whole days: DTSTART;VALUE=DATE:20271225.";

fn wrong(line: usize, what: String, remedy: &'static str) -> CalendarError {
    CalendarError { line, what, remedy }
}

fn no_calendar(line: usize) -> CalendarError {
    let remedy = "Give an iCalendar file, which begins with BEGIN:VCALENDAR.";
    wrong(line, "this is no iCalendar file".to_owned(), remedy)
}

/// Lines that go on with a blank are put together (RFC 5545, 3.1).
fn unfolded(text: &str) -> Result<Vec<Line>, CalendarError> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    for (line, number) in text.lines().zip(1..) {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(rest), Some((_, begun))) => begun.push_str(rest),
            (Some(_), None) => return Err(no_calendar(number)),
            (None, _) if line.is_empty() => {}
            (None, _) => whole.push((number, line.to_owned())),
        }
    }
    whole.into_iter().map(|(number, line)| taken_apart(number, &line)).collect()
}

/// `NAME;PARAMETER=…:VALUE`; a colon in quotes ends no parameter.
fn taken_apart(number: usize, line: &str) -> Result<Line, CalendarError> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (at, _) = colon.ok_or_else(|| no_calendar(number))?;
    let (head, value) = (&line[..at], line[at + 1..].trim());
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    let upper = |text: &str| text.trim().to_ascii_uppercase();
    let value = if matches!(upper(name).as_str(), "BEGIN" | "END" | "RRULE") {
        upper(value)
    } else {
        value.to_owned()
    };
    Ok(Line { number, name: upper(name), parameters: upper(parameters), value })
}

impl Event {
    fn take(&mut self, line: &Line) -> Result<(), CalendarError> {
        match line.name.as_str() {
            "DTSTART" => self.start = Some(date(line)?),
            "DTEND" => self.end = Some(date(line)?),
            "DURATION" => self.days = Some(duration(line)?),
            "RRULE" => self.yearly = yearly(line)?,
            "STATUS" => self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "RDATE" | "EXDATE" | "RECURRENCE-ID" => {
                return Err(wrong(line.number, format!("{} can't be kept", line.name), BY_DAY));
            }
            _ => {}
        }
        Ok(())
    }

    /// Its days, and whether they come every year.
    fn days(self) -> Result<Vec<(Date, bool)>, CalendarError> {
        if self.cancelled {
            return Ok(Vec::new());
        }
        let start =
            self.start.ok_or_else(|| wrong(self.begun, "this event has no DTSTART".to_owned(), ALL_DAY))?;
        let length = match (self.end, self.days) {
            (Some(end), _) if end == start => 1,
            (Some(end), _) => start.until(end).map_or(0, |span| span.get_days()),
            (None, days) => days.unwrap_or(1),
        };
        if !(1..=MAX_DAYS).contains(&length) {
            let what = format!("a holiday from {start} lasts {length} days");
            return Err(wrong(
                self.begun,
                what,
                "DTEND is the day after the last, and a holiday has at most 366 days.",
            ));
        }
        let days = (0..length).filter_map(|ahead| start.checked_add(ahead.days()).ok());
        Ok(days.map(|day| (day, self.yearly)).collect())
    }
}

fn date(line: &Line) -> Result<Date, CalendarError> {
    let digits = line.value.len() == 8 && line.value.bytes().all(|byte| byte.is_ascii_digit());
    let of_time = line.parameters.contains("VALUE=DATE-TIME");
    let parsed = Date::strptime("%Y%m%d", &line.value).ok().filter(|_| digits && !of_time);
    parsed
        .ok_or_else(|| wrong(line.number, format!("{} {:?} is no day", line.name, cut(&line.value)), ALL_DAY))
}

/// `P1D`, `P2W`.
fn duration(line: &Line) -> Result<i32, CalendarError> {
    let number = |suffix| line.value.strip_prefix('P')?.strip_suffix(suffix)?.parse::<i32>().ok();
    let days = number('D').or_else(|| number('W')?.checked_mul(7));
    days.ok_or_else(|| {
        wrong(line.number, format!("DURATION {:?} is no number of days", cut(&line.value)), ALL_DAY)
    })
}

/// Every year on the same day, and nothing else.
fn yearly(line: &Line) -> Result<bool, CalendarError> {
    let parts: Vec<(&str, &str)> = line
        .value
        .split(';')
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.split_once('='))
        .collect();
    let is_plain = |(key, value): &(&str, &str)| match *key {
        "FREQ" => *value == "YEARLY",
        "INTERVAL" => *value == "1",
        // The day itself, as many programs write it again, and what a week begins with.
        "BYMONTH" | "BYMONTHDAY" => !value.contains([',', '-']),
        "WKST" => true,
        _ => false,
    };
    if parts.iter().any(|(key, _)| *key == "FREQ") && parts.iter().all(is_plain) {
        return Ok(true);
    }
    Err(wrong(line.number, format!("RRULE {:?} is not every year on the same day", cut(&line.value)), BY_DAY))
}

/// Days that follow each other, as spans.
fn runs(days: &BTreeSet<Date>) -> Vec<(Date, Date)> {
    let mut runs: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if last.tomorrow().is_ok_and(|next| next == *day) => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        "2026-11-30".parse().unwrap()
    }

    fn calendar(events: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n")
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VEVENT\r\nUID:1\r\n{lines}\r\nEND:VEVENT\r\n")
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_spans_and_those_of_every_year_are_read() {
        let text = calendar(
            &[
                event("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25\r\nSUMMARY:Christmas: a\r\n  day"),
                event("DTSTART;VALUE=DATE:20270402\r\nDTEND;VALUE=DATE:20270403"),
                event("DTSTART;VALUE=DATE:20270726\r\nDTEND;VALUE=DATE:20270807\r\nATTENDEE;CN=\"a:b\":mailto:x"),
                event("DTSTART;VALUE=DATE:20271224\r\nDURATION:P3D"),
                event("DTSTART;VALUE=DATE:20260101"),
                event("DTSTART;VALUE=DATE:20280101\r\nSTATUS:CANCELLED"),
                event("DTSTART;VALUE=DATE:20270402"),
            ]
            .concat(),
        );
        let holidays = read(&text, today()).unwrap();
        assert_eq!(holidays.yearly, BTreeSet::from([(12, 25)]));
        let spans = [
            ("2027-04-02", "2027-04-02"),
            ("2027-07-26", "2027-08-06"),
            ("2027-12-24", "2027-12-24"),
            ("2027-12-26", "2027-12-26"),
        ];
        assert_eq!(holidays.spans, spans.map(|(from, to)| (day(from), day(to))));
        assert_eq!(holidays.over, 1);
        let bare = text.replace("\r\n", "\n");
        assert_eq!(read(&format!("\u{FEFF}{bare}"), today()).unwrap(), holidays);
    }

    #[test]
    fn other_components_are_passed_over() {
        let zone = "BEGIN:VTIMEZONE\r\nBEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
        let alarm = event("DTSTART;VALUE=DATE:20270402\r\nBEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM");
        assert_eq!(read(&calendar(&format!("{zone}{alarm}")), today()).unwrap().spans.len(), 1);
    }

    #[test]
    fn what_is_no_calendar_or_cannot_be_kept_is_refused_with_its_line_and_remedy() {
        for (text, line, what, remedy) in [
            (String::new(), 1, "no iCalendar", "BEGIN:VCALENDAR"),
            ("hello\n".to_owned(), 1, "no iCalendar", "BEGIN:VCALENDAR"),
            ("mode = \"rules\"\nBEGIN:VCALENDAR\n".to_owned(), 1, "no iCalendar", "BEGIN:VCALENDAR"),
            ("BEGIN:VCARD\nEND:VCARD\n".to_owned(), 1, "no iCalendar", "BEGIN:VCALENDAR"),
            ("BEGIN:VCALENDAR\nVERSION:2.0\n".to_owned(), 2, "VCALENDAR has no end", "END:VCALENDAR"),
            (calendar("END:VEVENT\r\n"), 4, "VEVENT ends", "whole"),
            (calendar(&event("DTSTART:20270402T080000Z")), 6, "is no day", "VALUE=DATE"),
            (calendar(&event("DTSTART;VALUE=DATE:20270230")), 6, "is no day", "VALUE=DATE"),
            (calendar(&event("SUMMARY:x")), 4, "no DTSTART", "VALUE=DATE"),
            (
                calendar(&event("DTSTART;VALUE=DATE:20270402\r\nDTEND;VALUE=DATE:20270401")),
                4,
                "-1 days",
                "day after the last",
            ),
            (
                calendar(&event("DTSTART;VALUE=DATE:20271125\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")),
                7,
                "every year",
                "events of their own",
            ),
            (
                calendar(&event("DTSTART;VALUE=DATE:20271125\r\nRRULE:FREQ=YEARLY;COUNT=3")),
                7,
                "every year",
                "events of their own",
            ),
            (
                calendar(&event("DTSTART;VALUE=DATE:20271125\r\nRRULE:FREQ=WEEKLY")),
                7,
                "every year",
                "events of their own",
            ),
            (
                calendar(&event("DTSTART;VALUE=DATE:20271125\r\nEXDATE;VALUE=DATE:20281125")),
                7,
                "EXDATE",
                "events of their own",
            ),
            (
                calendar(&event("DTSTART;VALUE=DATE:20271125\r\nDURATION:PT8H")),
                7,
                "number of days",
                "VALUE=DATE",
            ),
        ] {
            let error = read(&text, today()).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.what.contains(what) && error.remedy.contains(remedy), "{text}: {error}");
        }
    }

    #[test]
    fn no_file_makes_it_panic() {
        let whole = calendar(&event("DTSTART;VALUE=DATE:99991231\r\nDURATION:P366D\r\nRRULE:FREQ=YEARLY"));
        for cut in 0..=whole.len() {
            let _ = read(&whole[..cut], today());
        }
        for text in [
            "DTSTART",
            ":",
            ";:",
            "BEGIN:VCALENDAR\n é:ü\nEND:VCALENDAR",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:\u{e9}0270402\nEND:VEVENT\nEND:VCALENDAR",
        ] {
            let _ = read(text, today());
        }
    }
}
