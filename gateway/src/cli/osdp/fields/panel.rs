//! What the card-table command set says (`panel-protocol/PROTOCOL.md`).

use jiff::Timestamp;
use panel_protocol::limits::MAX_READERS;
use panel_protocol::panel::{Answer, EventBody, Info, Operation, PanelEvent, operation_name};
use panel_protocol::schedule::When;
use panel_protocol::table::{Profile, Row, Setting, SettingKey};
use panel_protocol::time::UtcSeconds;

use super::{Fields, HIDDEN, Secrets, card};

/// Whether an operation carries a key.
pub(super) fn has_key(data: &[u8]) -> bool {
    data.first().is_some_and(|code| operation_name(*code) == Some("ADOPT"))
}

pub(super) fn operation(data: &[u8], secrets: Secrets) -> Fields {
    let fields = Fields::new().with_some("operation", data.first().map(|code| name(*code)));
    match Operation::decode(data) {
        Ok(Some(operation)) => fields.and(body(&operation, secrets)),
        Ok(None) => fields.with("error", "the operation is malformed"),
        Err(_) => fields.with("data", data),
    }
}

fn body(operation: &Operation<'_>, secrets: Secrets) -> Fields {
    let none = Fields::new;
    match operation {
        Operation::Info => none(),
        Operation::Adopt { epoch, key } => match secrets {
            Secrets::Hidden => none().with("epoch", *epoch).with("key", HIDDEN),
            Secrets::Shown => none().with("epoch", *epoch).with("key", &key.as_bytes()[..]),
        },
        Operation::SetClock(now) => none().with("time", time(*now)),
        Operation::PutRows(rows) => none().with_all("row", rows.iter().map(row)),
        Operation::DeleteKeys(keys) => none().with_all("row", keys.iter().map(card)),
        Operation::StageProfiles { first, profiles } => {
            none().with("first", *first).with_all("profile", profiles.iter().map(profile))
        }
        Operation::CommitProfiles { count, digest } => {
            none().with("count", *count).with("digest", hash(*digest))
        }
        Operation::ReadBuckets { first, count } => none().with("first", *first).with("count", *count),
        Operation::ReadRows { bucket, after } => {
            none().with("bucket", *bucket).with_some("after", after.map(|after| after.to_string()))
        }
        Operation::ReadEvents { from } => none().with("from", *from),
        Operation::AckEvents { before } => none().with("before", *before),
        Operation::Hello { version } => none().with("version", *version),
        Operation::PutSettings(settings) => {
            none().with_all("setting", settings.iter().map(|it| setting(&it)))
        }
        Operation::DeleteSettings(keys) => none().with_all("setting", keys.iter().map(key)),
        Operation::PutRuns(runs) => none().with_all("row", runs.iter().map(row)),
        Operation::ReadSettings { after } => none().with_some("after", after.map(key)),
        Operation::ReadAllEvents { from } => none().with("from", *from),
        Operation::SetMode { reader, not_after, mode } => none()
            .with("reader", *reader)
            .with_some("not_after", not_after.map(time))
            .with("mode", mode.map_or("as set".to_owned(), |(mode, _)| format!("{mode:?}")))
            .with_some("seconds", mode.map(|(_, seconds)| seconds)),
        Operation::Unlock { reader, not_after, tenths } => {
            none().with("reader", *reader).with_some("not_after", not_after.map(time)).with("tenths", *tenths)
        }
    }
}

pub(super) fn answer(data: &[u8]) -> Fields {
    let fields = Fields::new().with_some("answer", data.first().map(|code| name(*code)));
    match Answer::decode(data) {
        Some(answer) => fields.and(answer_body(&answer)),
        None => fields.with("data", data),
    }
}

fn answer_body(answer: &Answer<'_>) -> Fields {
    let none = Fields::new;
    match answer {
        Answer::Info(info) => facts(info),
        Answer::Change { status, digest, applied, .. } => {
            none().with("status", status.to_string()).with("digest", hash(*digest)).with("applied", *applied)
        }
        Answer::Buckets { first, digests } => {
            none().with("first", *first).with_all("digests", digests.iter().map(hash))
        }
        Answer::Rows { bucket, more, rows } => {
            none().with("bucket", *bucket).with("more", *more).with_all("row", rows.iter().map(row))
        }
        Answer::Events { next_event, events } => {
            none().with("next_event", *next_event).with_all("event", events.iter().map(event))
        }
        Answer::Hello { version, schedules, memory } => {
            none().with("version", *version).with("schedules", *schedules).with("memory", *memory)
        }
        Answer::Settings { more, settings } => {
            none().with("more", *more).with_all("setting", settings.iter().map(|it| setting(&it)))
        }
        Answer::Acknowledged { .. } => none().with("status", "done"),
        Answer::Refused { status, .. } => none().with("status", status.to_string()),
        Answer::EventsWaiting { first_event, next_event } => {
            none().with("first_event", *first_event).with("next_event", *next_event)
        }
    }
}

fn facts(info: &Info) -> Fields {
    Fields::new()
        .with("version", info.version)
        .with("readers", info.readers)
        .with("boot", info.boot)
        .with("row_capacity", info.row_capacity)
        .with("rows", info.rows)
        .with("profile_capacity", info.profile_capacity)
        .with("profiles", info.profiles)
        .with("digest", hash(info.digest))
        .with("key_check", hash(info.key_check))
        .with("epoch", info.epoch)
        .with("clock", info.clock.map_or("not set".to_owned(), time))
        .with("first_event", info.first_event)
        .with("next_event", info.next_event)
}

fn row(row: Row) -> Fields {
    card(row.credential)
        .with("profile", row.profile)
        .with_some("valid_from", row.valid_from.map(time))
        .with_some("valid_until", row.valid_until.map(time))
        .with_some("pin", row.pin.map(|_| HIDDEN))
        .with_some("rights", Some(row.rights.bits()).filter(|rights| *rights != 0))
}

fn profile(profile: Profile) -> Fields {
    let readers = || (0u8..).take(MAX_READERS);
    let opens = readers().filter(|reader| profile.access(*reader) == When::Always);
    let by_schedule = readers().filter_map(|reader| match profile.access(reader) {
        When::Schedule(number) => Some(format!("{reader}: {number}")),
        _ => None,
    });
    let mut by_schedule = by_schedule.peekable();
    let fields = Fields::new().with_all("always", opens);
    if by_schedule.peek().is_some() { fields.with_all("schedule", by_schedule) } else { fields }
}

/// `schedule 3`
fn key(key: SettingKey) -> String {
    let [kind, number] = key.to_bytes();
    let kind = match kind {
        1 => "schedule",
        2 => "calendar",
        3 => "clock changes",
        _ => "door",
    };
    format!("{kind} {number}")
}

fn setting(setting: &Setting) -> Fields {
    let fields = Fields::new().with_some("setting", setting.key().map(key));
    match setting {
        Setting::Schedule(_, schedule) => {
            fields.with_all("interval", schedule.intervals().map(|interval| format!("{interval:?}")))
        }
        Setting::Calendar(_, calendar) => {
            fields.with_all("holiday", calendar.holidays().map(|holiday| format!("{holiday:?}")))
        }
        Setting::ClockChanges(changes) => fields.with_all(
            "change",
            changes.iter().map(|change| format!("{} {:+} minutes", time(change.at), change.ahead)),
        ),
        Setting::Door(_, door) => fields.with("door", format!("{door:?}")),
    }
}

fn event(event: PanelEvent) -> Fields {
    let fields = Fields::new().with("sequence", event.sequence);
    let fields = fields.with("time", event.at.map_or("not known".to_owned(), time));
    match event.body {
        EventBody::CardRead { reader, credential, reason } => {
            fields.with("reader", reader).and(card(credential)).with("decision", super::value::words(reason))
        }
    }
}

fn name(code: u8) -> String {
    operation_name(code).map_or_else(|| format!("0x{code:02X}"), ToOwned::to_owned)
}

/// `0x4B9D7377D0ED5973`
fn hash(value: u64) -> String {
    format!("0x{value:016X}")
}

fn time(at: UtcSeconds) -> String {
    Timestamp::from_second(i64::from(at.0)).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}
