//! What people are told of a refusal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use panel_protocol::credential::Credential;
use panel_protocol::door::Mode;
use uuid::Uuid;

use super::*;
use crate::access::compiler::Holder;
use crate::access::hours::Times;
use crate::access::shape::PlannedDoor;
use crate::access::tests::person;
use crate::domain::{
    AccessLevel, AccessLevelId, AccessMode, At, DoorMode, DoorSchedule, GroupId, HoldId, Interval, Origin,
    Revision, Revocation, Rule, RuleId, RuleTo, Schedule, ScheduleId, Weekdays, WeeklyInterval, When,
};

const STAFF: AccessLevelId = AccessLevelId(Uuid::from_u128(1));
const EMPLOYEES: GroupId = GroupId(Uuid::from_u128(2));
const OFFICE: ScheduleId = ScheduleId(Uuid::from_u128(3));

/// Monday, 21:05 in Berlin.
const EVENING: &str = "2026-11-30T20:05:00Z";
/// Monday, 09:00 there.
const MORNING: &str = "2026-11-30T08:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entra() -> Origin {
    Origin::Scim { token: "entra".to_owned() }
}

/// A door in Berlin, a person in the group Employees, and the access level Staff in office hours.
struct Site {
    model: AccessModel,
    holders: Vec<Holder>,
    groups: BTreeMap<GroupId, String>,
    schedules: Vec<Schedule>,
    revoked: Option<Revocation>,
    ordered: Option<DoorMode>,
    at_door: AtDoor,
    zone: TimeZone,
    door: PlannedDoor,
}

impl Site {
    fn new() -> Self {
        let weekdays = Weekdays::named(&["mon", "tue", "wed", "thu", "fri"]).unwrap();
        let interval = Interval::new("07:00".parse().unwrap(), "19:00".parse().unwrap()).unwrap();
        let schedule = Schedule {
            id: OFFICE,
            name: "Office hours".parse().unwrap(),
            weekly: vec![WeeklyInterval { days: weekdays, interval }],
            holidays: BTreeMap::new(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        };
        let mut site = Self {
            model: AccessModel::default(),
            holders: vec![Holder {
                person: person(7, true, &[(1234, CardState::Active)]),
                groups: vec![EMPLOYEES],
            }],
            groups: [(EMPLOYEES, "Employees".to_owned())].into(),
            schedules: vec![schedule],
            revoked: None,
            ordered: None,
            at_door: AtDoor::NotAsked,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            door: PlannedDoor {
                door: "lobby-main".parse().unwrap(),
                place: Some("Harbour Street / Lobby".parse().unwrap()),
                reader: 0,
            },
        };
        site.rules([RuleTo::Group(EMPLOYEES)], When::Schedule(OFFICE), []);
        site
    }

    /// Staff opens the place of the door at these times, and these have it.
    fn rules(
        &mut self,
        to: impl IntoIterator<Item = RuleTo>,
        schedule: When,
        holds: impl IntoIterator<Item = Hold>,
    ) {
        let part = DoorSchedule { at: At::Place("Harbour Street".parse().unwrap()), schedule };
        let level = AccessLevel {
            id: STAFF,
            name: "Staff".parse().unwrap(),
            doors: [part].into(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        };
        let rules = to.into_iter().zip(9..).map(|(to, id)| Rule {
            id: RuleId(Uuid::from_u128(id)),
            to,
            access_level: STAFF,
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        });
        self.model = AccessModel::new(AccessMode::Rules, [level], rules.collect::<Vec<_>>(), holds);
    }

    fn explain(&self, instant: &str) -> Explanation {
        let facts = Facts {
            card: card(),
            holders: &self.holders,
            groups: &self.groups,
            revoked: self.revoked.as_ref(),
            door: &self.door,
            door_name: "Lobby",
            ordered: self.ordered.as_ref(),
            times: Times { schedules: &self.schedules, calendars: &[], zone: &self.zone },
            at_door: self.at_door,
            at: at(instant),
        };
        explain(&self.model, &facts)
    }

    fn revoked_at(&mut self, instant: &str) {
        self.revoked = Some(Revocation {
            revision: Revision(5),
            at: at(instant),
            by: Some(entra()),
            credential: card(),
            holder: self.holders[0].person.id,
            holder_name: "Ada".to_owned(),
        });
    }
}

fn card() -> Credential {
    person(7, true, &[(1234, CardState::Active)]).cards[0].credential
}

fn told(explained: &Explanation) -> String {
    format!("{} {}", explained.because.join(" "), explained.remedy.as_deref().unwrap_or_default())
}

fn word(explained: &Explanation) -> String {
    serde_json::to_value(explained.reason).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_way_of_a_card_is_told_from_the_group_to_the_schedule() {
    let site = Site::new();
    let opens = site.explain(MORNING);
    assert_eq!((opens.granted, word(&opens).as_str(), opens.remedy), (true, "granted", None));
    let way = "The rule for the group Employees gives the access level Staff, which opens all doors of Harbour Street by \
               the schedule Office hours (mon, tue, wed, thu, fri 07:00 to 19:00).";
    assert_eq!(opens.because, [way]);
    let shut = site.explain(EVENING);
    assert_eq!((shut.granted, word(&shut).as_str()), (false, "outside_hours"));
    assert_eq!(shut.because[0], "Mon 30 Nov 2026 21:05 CET is outside the hours of: Office hours.");
    assert_eq!(shut.because[1], way);
    assert!(told(&shut).contains("again on Tue 1 Dec 2026 07:00 CET"), "{shut:?}");
}

#[test]
fn whose_holder_is_suspended_is_never_not_known() {
    let mut site = Site::new();
    site.holders[0].person.active = false;
    site.revoked_at("2026-11-30T12:04:00Z");
    let shut = site.explain(EVENING);
    assert_eq!(word(&shut), "person_suspended");
    assert_eq!(shut.because, ["The card's holder was suspended at 13:04 CET by the token entra."]);
    assert!(shut.remedy.unwrap().contains("made active again by the token entra"));
    for (state, expected) in
        [(CardState::Suspended, "card_suspended"), (CardState::Inactive, "card_withdrawn")]
    {
        site.holders[0].person = person(7, true, &[(1234, state)]);
        let shut = site.explain("2026-12-02T12:00:00Z");
        assert_eq!(word(&shut), expected);
        assert!(told(&shut).contains("on 30 Nov 13:04 CET by the token entra"), "{shut:?}");
    }
    site.holders.clear();
    let unknown = site.explain(EVENING);
    assert_eq!((word(&unknown).as_str(), unknown.because.len()), ("unknown_card", 2));
    assert!(told(&unknown).contains("by the token entra at 13:04 CET"), "{unknown:?}");
}

#[test]
fn a_hold_is_told_with_since_when_who_and_why_and_counts_before_all_else() {
    let mut site = Site::new();
    let hold = |on, until: Option<&str>| Hold {
        id: HoldId(Uuid::nil()),
        on,
        reason: "left on the tram".to_owned(),
        until: until.map(at),
        by: Origin::Page { user: "mara".to_owned() },
        created: at("2026-11-30T07:30:00Z"),
        revision: Revision(1),
    };
    let holder = site.holders[0].person.id;
    for (on, what) in [(HoldOn::Card(card()), "The card"), (HoldOn::Person(holder), "The card's holder")] {
        site.rules([RuleTo::Everyone], When::Always, [hold(on, Some("2026-11-30T23:00:00Z"))]);
        site.at_door = AtDoor::Said(Reason::UnknownCard);
        let shut = site.explain(MORNING);
        assert_eq!(word(&shut), "on_hold");
        let first =
            format!("{what} is on hold since 08:30 CET by the account mara, because: left on the tram");
        assert_eq!(shut.because[0], first);
        assert!(told(&shut).contains("gateway hold remove 00000000"), "{shut:?}");
        site.at_door = AtDoor::NotAsked;
        assert!(site.explain("2026-11-30T23:00:00Z").granted, "the hold is over");
        assert!(site.explain("2026-11-30T07:00:00Z").granted, "it was not there yet");
    }
    site.holders[0].person.active = false;
    site.rules([], When::Always, [hold(HoldOn::Card(card()), None)]);
    assert_eq!(word(&site.explain(MORNING)), "on_hold");
}

#[test]
fn a_panel_whose_clock_is_behind_a_little_refused_the_card_by_the_hold_all_the_same() {
    let mut site = Site::new();
    let hold = Hold {
        id: HoldId(Uuid::nil()),
        on: HoldOn::Card(card()),
        reason: "lost".to_owned(),
        until: None,
        by: Origin::CommandLine,
        created: at(MORNING),
        revision: Revision(1),
    };
    site.rules([RuleTo::Everyone], When::Always, [hold]);
    site.at_door = AtDoor::Said(Reason::UnknownCard);
    assert_eq!(word(&site.explain("2026-11-30T07:59:30Z")), "on_hold");
    assert_eq!(word(&site.explain("2026-11-30T07:58:30Z")), "unknown_card");
}

#[test]
fn without_a_rule_it_is_said_which_groups_there_are_and_what_would_open_the_door() {
    let mut site = Site::new();
    site.rules([], When::Always, []);
    let shut = site.explain(MORNING);
    assert_eq!(word(&shut), "no_access");
    assert_eq!(shut.because, ["No rule gives the card's holder Lobby.", "The holder is in: Employees."]);
    assert!(told(&shut).contains("an access level that opens Lobby: Staff."), "{shut:?}");
    site.door.place = None;
    assert!(told(&site.explain(MORNING)).contains("No access level opens Lobby"));
}

#[test]
fn of_two_ways_the_one_that_comes_closest_is_told() {
    let mut site = Site::new();
    let person = site.holders[0].person.id;
    let span = |from: Option<&str>, until: Option<&str>| RuleTo::Person {
        person,
        from: from.map(at),
        until: until.map(at),
    };
    site.rules([span(None, Some("2026-11-30T07:00:00Z"))], When::Always, []);
    let over = site.explain(MORNING);
    assert_eq!(
        (word(&over).as_str(), over.because[0].as_str()),
        ("expired", "The rule was valid until 30 Nov 2026 08:00 CET.")
    );
    site.rules([span(Some("2026-12-01T07:00:00Z"), None)], When::Always, []);
    let ahead = site.explain(MORNING);
    assert_eq!(word(&ahead), "not_yet_valid");
    assert!(told(&ahead).contains("valid from 1 Dec 2026 08:00 CET on"), "{ahead:?}");
    site.rules(
        [span(Some("2026-12-01T07:00:00Z"), None), RuleTo::Group(EMPLOYEES)],
        When::Schedule(OFFICE),
        [],
    );
    assert_eq!(word(&site.explain(EVENING)), "outside_hours");
    assert!(site.explain(MORNING).granted);
}

#[test]
fn while_every_card_opens_every_door_only_its_own_validity_counts() {
    let mut site = Site::new();
    site.model = AccessModel::default();
    assert!(site.explain(EVENING).because[0].starts_with("The access mode is open"));
    site.holders[0].person.cards[0].valid_until = Some(at(MORNING));
    let over = site.explain(EVENING);
    assert_eq!(
        (word(&over).as_str(), over.because[0].as_str()),
        ("expired", "The card was valid until 30 Nov 2026 09:00 CET.")
    );
}

#[test]
fn a_door_that_somebody_locked_says_who_and_until_when() {
    let mut site = Site::new();
    let order = |mode| DoorMode {
        mode,
        until: Some(at("2026-11-30T09:00:00Z")),
        since: at("2026-11-30T07:00:00Z"),
        by: "mara".to_owned(),
        reason: Some("fire drill".to_owned()),
    };
    site.ordered = Some(order(Mode::Lockdown));
    let shut = site.explain(MORNING);
    assert_eq!(word(&shut), "lockdown");
    let first =
        "Lobby is in lockdown since 08:00 CET until 30 Nov 2026 10:00 CET by mara, because: fire drill.";
    assert_eq!(shut.because[0], first);
    assert!(told(&shut).contains("gateway door normal lobby-main"));
    assert!(site.explain("2026-11-30T09:00:00Z").granted, "it is over");
    site.ordered = Some(order(Mode::Held));
    assert!(told(&site.explain(MORNING)).contains("whoever comes gets in"));
    site.at_door = AtDoor::Said(Reason::DoorLocked);
    site.ordered = Some(order(Mode::Locked));
    assert_eq!(word(&site.explain(MORNING)), "door_locked");
}

#[test]
fn what_a_controller_has_not_been_told_or_cannot_be_told_is_no_grant() {
    let mut site = Site::new();
    site.at_door = AtDoor::WouldSay(Reason::NoAccess);
    let shut = site.explain(MORNING);
    assert_eq!((shut.granted, word(&shut).as_str()), (false, "no_access"));
    assert!(shut.because[0].contains("can't be told of this way"), "{shut:?}");
    assert!(shut.because[1].contains("Office hours"), "{shut:?}");
    site.at_door = AtDoor::Said(Reason::UnknownCard);
    assert!(site.explain(MORNING).because[0].contains("had not been told so"));
    site.at_door = AtDoor::Said(Reason::ClockNotSet);
    assert_eq!(word(&site.explain(MORNING)), "clock_not_set");
    site.at_door = AtDoor::WouldSay(Reason::Granted);
    assert!(site.explain(MORNING).granted && !site.explain(EVENING).granted);
}

#[test]
fn names_from_outside_are_bounded_and_stay_on_their_line() {
    let mut site = Site::new();
    site.groups.insert(EMPLOYEES, format!("a\u{1b}[2J\n{}", "é".repeat(1_000)));
    let way = &site.explain(MORNING).because[0];
    assert!(way.chars().count() < 400 && !way.contains(char::is_control), "{way}");
}
