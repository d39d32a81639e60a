//! The site that the table is about: clock changes, calendars, schedules, doors, cards.

use std::string::String;
use std::vec::Vec;

use super::words::{halves, holiday, instant, minute, number, parts};
use crate::credential::Credential;
use crate::decide::{AntiPassback, DoorSettings, FirstPerson, Mode};
use crate::limits::MAX_READERS;
use crate::schedule::{Calendar, ClockChange, Hours, Interval, Numbered, On, Schedule, Weekdays, When};
use crate::table::{DigestKey, Pin, PinVerifier, Profile, Rights, Row};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A door of the site; its reader's number is its place in the list.
#[derive(Clone, Debug)]
pub struct Door {
    /// Its name in the table.
    pub name: String,
    /// Its reader.
    pub reader: u8,
    /// How it decides.
    pub settings: DoorSettings,
}

/// A card of the site; the number of its profile is its place in the list.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its name in the table.
    pub name: String,
    /// Its row.
    pub row: Row,
    /// Its profile, which no other card has.
    pub profile: Profile,
    /// Its PIN.
    pub pin: Option<Pin>,
}

/// All that the table's rows are judged by.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The zone's changes.
    pub clock_changes: Vec<ClockChange>,
    /// By number.
    pub calendars: Vec<Numbered<Calendar>>,
    /// By number.
    pub schedules: Vec<Numbered<Schedule>>,
    /// By reader.
    pub doors: Vec<Door>,
    /// By profile.
    pub cards: Vec<Card>,
    /// What the PINs' verifiers are made under.
    pub key: DigestKey,
}

impl Site {
    pub(super) fn read(text: &str) -> Self {
        let mut site = Self { key: DigestKey::new([7; 16]), ..Self::default() };
        for line in text.lines().filter(|line| line.starts_with('#') || !line.contains('|')) {
            site.take(line.split('#').next().unwrap_or_default().trim());
        }
        site
    }

    /// Schedules, calendars and clock changes.
    pub fn hours(&self) -> Hours<'_> {
        Hours { clock_changes: &self.clock_changes, schedules: &self.schedules, calendars: &self.calendars }
    }

    pub(super) fn door(&self, name: &str) -> usize {
        let found = self.doors.iter().position(|door| door.name == name);
        found.unwrap_or_else(|| panic!("no door is called {name:?}"))
    }

    pub(super) fn card(&self, name: &str) -> usize {
        let found = self.cards.iter().position(|card| card.name == name);
        found.unwrap_or_else(|| panic!("no card is called {name:?}"))
    }

    fn take(&mut self, line: &str) {
        let Some((head, body)) = line.split_once('=') else {
            assert!(line.is_empty(), "{line:?} is neither a row nor a part of the site");
            return;
        };
        let head: Vec<&str> = head.split_whitespace().collect();
        match head[..] {
            ["clock", at] => {
                self.clock_changes.push(ClockChange { at: instant(at), ahead: number(body.trim()) });
            }
            ["calendar", at] => {
                let value = Calendar::new(parts(body, ',').map(holiday)).expect("holidays");
                self.calendars.push(Numbered { number: number(at), value });
            }
            ["schedule", at] => {
                let value = Schedule::new(parts(body, ';').map(interval)).expect("not too many intervals");
                self.schedules.push(Numbered { number: number(at), value });
            }
            ["door", name] => {
                let reader = u8::try_from(self.doors.len()).expect("few doors");
                let settings = parts(body, ';').fold(DoorSettings::PLAIN, with_setting);
                self.doors.push(Door { name: name.into(), reader, settings });
            }
            ["card", name, bits, raw] => {
                let raw = u64::from_str_radix(raw, 16).expect("hexadecimal");
                let card = Credential::new(number(bits), raw).expect("a card");
                let made = self.made(name, card, body);
                self.cards.push(made);
            }
            _ => panic!("{line:?} is no part of the site"),
        }
    }

    fn made(&self, name: &str, credential: Credential, body: &str) -> Card {
        let mut row = Row::new(credential, u16::try_from(self.cards.len()).expect("few cards"));
        let mut opens = [When::Never; MAX_READERS];
        let mut pin = None;
        for part in parts(body, ';') {
            match part.split_whitespace().collect::<Vec<_>>()[..] {
                ["from", at] => row.valid_from = Some(instant(at)),
                ["until", at] => row.valid_until = Some(instant(at)),
                ["pin", digits] => {
                    let digits = Pin::new(digits.as_bytes()).expect("a PIN");
                    row.pin = Some(PinVerifier::new(&self.key, credential, &digits));
                    pin = Some(digits);
                }
                ["rank", rank] => row.rights = row.rights.and(Rights::of_rank(number(rank))),
                ["first"] => row.rights = row.rights.and(Rights::FIRST_PERSON),
                ["free"] => row.rights = row.rights.and(Rights::FREE_OF_AREAS),
                [door, at] => opens[self.door(door)] = when(at),
                _ => panic!("{part:?} says nothing of a card"),
            }
        }
        Card { name: name.into(), row, profile: Profile::new(opens), pin }
    }
}

fn when(text: &str) -> When {
    match text {
        "always" => When::Always,
        "never" => When::Never,
        schedule => When::Schedule(number(schedule)),
    }
}

/// `mon fri 07:00-19:00`, `calendar 1 10:00-14:00` or `calendar 1 closed`.
fn interval(text: &str) -> Interval {
    let (days, hours) = text.rsplit_once(' ').unwrap_or_else(|| panic!("{text:?} has no hours"));
    let calendar = days.strip_prefix("calendar ").map(number);
    if let (Some(calendar), "closed") = (calendar, hours) {
        return Interval::closed(calendar).expect("a calendar");
    }
    let on = calendar.map_or_else(|| On::Weekdays(weekdays(days)), On::Holidays);
    let (from, until) = halves(hours, "-");
    Interval::new(on, minute(from), minute(until)).expect("an interval")
}

fn weekdays(text: &str) -> Weekdays {
    let bits =
        WEEKDAYS.iter().enumerate().filter(|(_, day)| text.contains(**day)).map(|(at, _)| 1 << at).sum();
    Weekdays::new(bits).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// The mode in these words.
pub(super) fn mode(words: &[&str]) -> Option<Mode> {
    Some(match words {
        ["card"] => Mode::Card,
        ["card-and-pin"] => Mode::CardAndPin,
        ["locked"] => Mode::Locked,
        ["unlocked"] => Mode::Unlocked,
        ["lockdown", rank] => Mode::Lockdown { rank: number(rank) },
        ["unlocked-by", schedule, first @ ..] => Mode::UnlockedBy {
            when: when(schedule),
            first_person: match first {
                [] => FirstPerson::Nobody,
                ["after", "anybody"] => FirstPerson::Anybody,
                ["after", "first"] => FirstPerson::WithRight,
                _ => return None,
            },
        },
        _ => return None,
    })
}

fn with_setting(mut door: DoorSettings, text: &str) -> DoorSettings {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["pin", at] => door.pin = when(at),
        ["tries", limit, seconds] => (door.tries, door.wait_seconds) = (number(limit), number(seconds)),
        ["two-people", seconds] => door.second_person_seconds = number(seconds),
        ["area", from, to] => (door.from, door.to) = (number(from), number(to)),
        ["anti-passback", "soft"] => door.anti_passback = AntiPassback::Soft,
        ["anti-passback", "hard"] => door.anti_passback = AntiPassback::Hard,
        ["forget", minutes] => door.forget_minutes = number(minutes),
        ["interlock", reader] => door.interlock |= 1 << number::<u8>(reader),
        ref words => door.mode = mode(words).unwrap_or_else(|| panic!("{text:?} is no setting of a door")),
    }
    door
}
