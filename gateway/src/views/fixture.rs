//! Sites to test views with.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;

use super::*;
use crate::domain::{
    AccessMode, Acknowledged, Alarm, AlarmComment, AlarmDeed, AlarmKind, AlarmNumber, AlarmRecord, Became,
    CardRead, CardRefusal, CardholderId, ClientKind, DeviceCondition, EventFault, Exposure, FaultCounts,
    Finding, GivenCard, Landing, Level, LinkCondition, Muted, Notice, Receipt, ReceiptAction, RefusedCard,
    Revision, ScimExchange, SourceCondition, UnprovenAt, Verdict,
};
use crate::health::{DeviceKind, DeviceSetup, Health, Reach, Seen};

/// Every card number and every part of one that [`everything`] shows.
pub(crate) const CARD_NUMBERS: [&str; 6] =
    ["100-1234", "100-5678", "100-70000", "70000", "100-4242", "26:0x2F623AE"];

/// 12:00:00 in Berlin.
pub(crate) fn noon() -> Timestamp {
    "2026-11-22T11:00:00Z".parse().unwrap()
}

/// So many seconds before noon.
pub(crate) fn before_noon(seconds: i64) -> Timestamp {
    Timestamp::from_second(noon().as_second() - seconds).unwrap()
}

/// The facts, and what they amount to.
pub(crate) fn seen(facts: SiteFacts) -> SiteView {
    let verdict = verdict_of(&facts);
    SiteView::of(facts, verdict)
}

fn verdict_of(facts: &SiteFacts) -> Verdict {
    let link_of = |it: &ControllerView| facts.lines.iter().position(|line| line.id == it.line).unwrap();
    let setup = |it: &ControllerView| {
        let kind = match it.kind {
            ControllerKind::Panel => DeviceKind::Panel,
            ControllerKind::Reader => DeviceKind::Reader,
            ControllerKind::Io => DeviceKind::Board,
        };
        DeviceSetup { id: it.id.clone(), link: link_of(it), kind, in_clear: !it.secure }
    };
    let lines = facts.lines.iter().map(|line| line.id.clone()).collect();
    let mut health = Health::new(facts.started, lines, facts.controllers.iter().map(setup).collect());
    for (at, line) in facts.lines.iter().enumerate() {
        health.link_became(at, line.since.unwrap_or(facts.at), &line.state);
    }
    for (at, controller) in facts.controllers.iter().enumerate() {
        let became = Became::Condition { is: controller.state, why: String::new() };
        health.device_became(at, controller.state_since.unwrap_or(facts.at), &became);
    }
    for alarm in &facts.alarms {
        health.raise(alarm.since, alarm.what.clone(), alarm.text.clone());
        if let Some(Muted { by, reason, until, .. }) = &alarm.muted {
            let number = health.alarm_records().iter().find(|it| *it.what() == alarm.what).unwrap().number;
            let deed = AlarmDeed::Mute { reason: reason.clone(), until: *until };
            health.handle_alarm(facts.at, number, &deed, by).unwrap();
        }
    }
    let exposed = (1u64..).zip(&facts.exposed).map(|(number, it)| Exposure {
        revision: it.revision,
        card: Credential::new(26, number).unwrap(),
        at: it.at.clone(),
    });
    health.verdict(&Seen {
        clock: facts.clock(),
        heard: facts.controllers.iter().map(|it| it.last_heard).collect(),
        proven: facts.controllers.iter().map(|it| it.table.as_ref().map(|table| table.proven)).collect(),
        exposed: exposed.collect(),
        reach: Reach::Open,
        sources: facts.identity_providers.findings().cloned().collect(),
        refused_cards: facts.counts.refused_cards,
        notices: facts.notices.clone(),
    })
}

/// Four panels, all proven.
pub(crate) fn well() -> SiteFacts {
    SiteFacts {
        name: "Harbour Street".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        at: noon(),
        started: before_noon(90_000),
        uptime_s: 90_000,
        revision: Revision(1_482),
        access_mode: AccessMode::Open,
        counts: Counts {
            people: 214,
            active_people: 203,
            cards: 221,
            active_cards: 207,
            groups: 9,
            refused_cards: 0,
            access_levels: 0,
            rules: 0,
        },
        lines: vec![line("north")],
        controllers: ["lobby", "dock", "roof", "lab"].map(panel).to_vec(),
        receipts: Vec::new(),
        exposed: Vec::new(),
        refused_cards: Vec::new(),
        identity_providers: IdentityProvidersView::default(),
        sources: Vec::new(),
        alarms: Vec::new(),
        alarms_over: Vec::new(),
        events: Vec::new(),
        door_events: Vec::new(),
        notices: Vec::new(),
    }
}

/// An alarm that nobody has handled.
pub(crate) fn alarm(number: u64, since: Timestamp, what: AlarmKind, text: &str) -> AlarmView {
    let record = AlarmRecord::new(AlarmNumber(number), since, Alarm::new(what, text.to_owned()));
    AlarmView::of(&record, None, noon())
}

/// One with all that an alarm can have.
pub(crate) fn forced_door() -> AlarmView {
    let what = AlarmKind::DoorForced { door: "side".parse().unwrap() };
    let (at, by) = (before_noon(300), || "mara".to_owned());
    AlarmView {
        door_name: Some("Side door".to_owned()),
        person: Some("Ann Archer".to_owned()),
        reason: Some("delivery".to_owned()),
        acknowledged: Some(Acknowledged { at, by: by() }),
        comments: vec![AlarmComment { at, by: by(), text: "a draught".to_owned() }],
        muted: Some(Muted { at, by: by(), reason: "being mended".to_owned(), until: before_noon(-3_600) }),
        times: 3,
        ..alarm(13, before_noon(900), what, "Side door was opened, and nobody had been let in or out.")
    }
}

pub(crate) fn line(id: &str) -> LineView {
    LineView {
        id: id.parse().unwrap(),
        protocol: "osdp".to_owned(),
        port: "/dev/ttyUSB0".to_owned(),
        baud: Some(38_400),
        state: LinkCondition::Up,
        since: Some(before_noon(90_000)),
        frames_sent: 1_284_022,
        frames_received: 1_284_009,
        noise_bytes: 41,
        stray_frames: 0,
    }
}

pub(crate) fn panel(id: &str) -> ControllerView {
    ControllerView {
        id: id.parse().unwrap(),
        line: "north".parse().unwrap(),
        address: Some(u8::try_from(id.len()).unwrap()),
        topic: None,
        kind: ControllerKind::Panel,
        secure: true,
        state: DeviceCondition::Online,
        state_since: Some(before_noon(90_000)),
        last_heard: Some(noon()),
        identity: Some("Gatehouse simulated panel 1.0, serial 0A1B2C3D".to_owned()),
        table: Some(TableView {
            held: Some(207),
            desired: 207,
            capacity: Some(10_000),
            proven: true,
            by_reading_back: false,
            since: Some(before_noon(320)),
            pending: 0,
        }),
        faults: FaultCounts::default(),
        events_lost: 0,
        install_mode_until: None,
        doors: vec![door(&format!("{id}-main"), &format!("{id}, main entrance"), 0)],
    }
}

fn door(id: &str, name: &str, reader: u8) -> DoorView {
    DoorView {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        place: None,
        reader: Some(reader),
        state: None,
    }
}

pub(crate) fn exposure(controller: &str, card: &str, state: DeviceCondition) -> ExposureView {
    ExposureView {
        revision: Revision(1_480),
        holder: None,
        holder_name: "Carla Conti".to_owned(),
        card: CardText::new(card),
        at: UnprovenAt {
            controller: controller.parse().unwrap(),
            since: before_noon(3_000),
            state,
            state_since: Some(before_noon(7_080)),
        },
        doors: vec!["Dock, roller door".to_owned()],
    }
}

fn receipt(action: ReceiptAction, name: &str, card: &str, proven_ms: &[Option<i64>]) -> ReceiptView {
    let committed = before_noon(75);
    let after = |ms: i64| Timestamp::from_millisecond(committed.as_millisecond() + ms).unwrap();
    let landings = proven_ms.iter().zip(["lobby", "dock", "roof", "lab"]).map(|(proven, id)| Landing {
        controller: id.parse().unwrap(),
        compiled: after(1),
        sent: proven.map(|ms| after(ms / 2)),
        acknowledged: proven.map(|ms| after(ms - 1)),
        proven: proven.map(after),
    });
    let receipt = Receipt {
        revision: Revision(1_480),
        action,
        credential: Credential::new(26, 0).unwrap(),
        holder: None,
        holder_name: name.to_owned(),
        committed,
        landings: landings.collect(),
    };
    ReceiptView::of(&receipt, CardText::new(card))
}

fn card_read(ago: i64, who: Option<&str>, card: &str, granted: bool, reason: Reason) -> EventView {
    let read = CardRead {
        controller: "lobby".parse().unwrap(),
        door: None,
        reader: 0,
        credential: Credential::new(26, 0).unwrap(),
        holder: None,
        holder_name: who.map(str::to_owned),
        granted,
        reason,
        held_back: None,
        explained: None,
        sequence: 9,
        epoch: 1,
    };
    EventView::of_card_read(
        u64::from(u32::MAX) - ago.unsigned_abs(),
        before_noon(ago),
        &read,
        Some("Lobby, main entrance"),
        CardText::new(card),
    )
}

fn refused(name: &str, number: &str, refusal: CardRefusal) -> RefusedCardView {
    let given = GivenCard { number: number.to_owned(), ..GivenCard::default() };
    let refused = RefusedCard { given, refusal, at: before_noon(4_000), ended: false };
    RefusedCardView::of(CardholderId(uuid::Uuid::nil()), name, &refused)
}

/// An Entra ID that spoke a minute ago.
pub(crate) fn source(name: &str) -> SourceView {
    SourceView {
        name: name.to_owned(),
        client: Some(ClientKind::Entra),
        client_guessed: false,
        created: before_noon(86_400 * 150),
        expires: None,
        previous_until: None,
        last_used: Some(before_noon(60)),
        last_request: Some(before_noon(60)),
        last_success: Some(before_noon(60)),
        last_change: Some(before_noon(1_500)),
        last_error: None,
        level: Level::Well,
        findings: Vec::new(),
        hour: TrafficView { requests: 12, errors: Vec::new() },
        day: TrafficView { requests: 311, errors: Vec::new() },
        total: TrafficView { requests: 1_044, errors: Vec::new() },
    }
}

/// What a client was refused, quoting a card number.
pub(crate) fn operation(number: u64) -> OperationView {
    let operation = ScimExchange {
        at: before_noon(i64::try_from(number).unwrap()),
        token: Some("entra".to_owned()),
        client: Some(ClientKind::Entra),
        address: "192.0.2.7".to_owned(),
        method: "PATCH",
        resource: "Users",
        id: Some(uuid::Uuid::from_u128(number.into())),
        attributes: vec!["active".to_owned(), "cardNumber".to_owned()],
        status: 409,
        scim_type: Some("uniqueness"),
        detail: Some("card \"100-1234\" is held by Ann Archer".to_owned()),
        took: std::time::Duration::from_micros(1_440),
    };
    OperationView { number, operation }
}

/// A message that could not be followed, quoting a card number.
pub(crate) fn dead_letter() -> DeadLetterView {
    let message = "card \"100-1234\" is held by Ann Archer";
    DeadLetterView {
        number: 7,
        first: before_noon(70),
        at: before_noon(70),
        attempts: 1,
        event: Some("e7".to_owned()),
        kind: Some("dev.gatehouse.card.set.v1".to_owned()),
        fault: EventFault::new("data.cards", message, "deactivate it there").with("100-1234"),
        body: Some("{\"number\":\"100-1234\"}".to_owned()),
        can_retry: true,
    }
}

/// A site with something of everything.
pub(crate) fn everything() -> SiteFacts {
    let mut site = well();
    site.counts.refused_cards = 5;
    let lab = &mut site.controllers[3];
    if let Some(table) = &mut lab.table {
        *table = TableView { held: Some(121), proven: false, pending: 86, ..table.clone() };
    }
    let dock = &mut site.controllers[1];
    dock.state = DeviceCondition::Offline;
    dock.state_since = Some(before_noon(7_080));
    dock.last_heard = Some(before_noon(7_081));
    dock.faults = FaultCounts { timeouts: 412, bad_check: 3, ..FaultCounts::default() };
    dock.table = Some(TableView {
        held: Some(208),
        desired: 207,
        capacity: Some(10_000),
        proven: false,
        by_reading_back: false,
        since: Some(before_noon(3_000)),
        pending: 1,
    });
    site.exposed = vec![exposure("dock", "100-5678", DeviceCondition::Offline)];
    site.receipts = vec![
        receipt(ReceiptAction::Activate, "Ann Archer", "100-1234", &[Some(31), Some(44), Some(58), Some(71)]),
        receipt(ReceiptAction::Deactivate, "Carla Conti", "100-5678", &[Some(29), None, Some(52), Some(66)]),
    ];
    let detail = "card number 70000 is above 65535, the largest in H10301".to_owned();
    let not_a_card = CardRefusal::NotACard { number: "100-70000".to_owned(), detail };
    let held =
        CardRefusal::HeldByAnother { number: "100-1234".to_owned(), holder_name: "Ann Archer".to_owned() };
    let number = || "100-4242".to_owned();
    let validity = CardRefusal::Validity { number: number(), detail: "validFrom \"100-4242\"".to_owned() };
    site.refused_cards = vec![
        refused("Dee Dunn", "100-70000", not_a_card),
        refused("Eli Eze", "100-1234", held),
        refused("Flo Fox", "100-4242", validity),
        refused("Flo Fox", "100-4242", CardRefusal::GivenTwice { number: number() }),
        refused("Flo Fox", "100-4242", CardRefusal::TooMany { number: number(), most: 16 }),
    ];
    let text = "Controller dock doesn't answer. Check its power and wiring.".to_owned();
    let what = AlarmKind::ControllerOffline { controller: "dock".parse().unwrap() };
    site.alarms = vec![alarm(12, before_noon(7_080), what, &text)];
    site.alarms_over = vec![AlarmView { over: Some(before_noon(600)), ..forced_door() }];
    let mut entra = source("entra");
    entra.expires = Some(before_noon(-86_400 * 12));
    entra.findings = vec![Finding::attention(
        "The token entra expires in 12 d, on 4 Dec 2026 12:00 CET; re-authenticate it.".to_owned(),
    )];
    entra.level = Level::Attention;
    entra.previous_until = Some(before_noon(-1_800));
    entra.day.errors = vec![ErrorCountView { status: 409, scim_type: Some("uniqueness"), count: 2 }];
    let detail = Some("card \"100-1234\" is held by Ann Archer".to_owned());
    entra.last_error =
        Some(OperationErrorView { at: before_noon(700), status: 409, scim_type: Some("uniqueness"), detail });
    let reasons = vec!["the certificate is self-signed".to_owned()];
    site.identity_providers = IdentityProvidersView {
        test: Some(ConnectionTestView { at: before_noon(20), passed: true, reasons }),
        certificate_ends: Some(before_noon(-86_400 * 300)),
        silent_after_s: Some(259_200),
        sources: vec![entra, SourceView { client: None, ..source("spare") }],
        strangers: Some(StrangersView {
            last: before_noon(9_000),
            day: TrafficView {
                requests: 3,
                errors: vec![ErrorCountView { status: 401, scim_type: None, count: 3 }],
            },
        }),
    };
    site.sources = vec![ConfiguredSourceView {
        id: "hr".parse().unwrap(),
        kind: "webhook",
        place: "POST /sources/hr".to_owned(),
        condition: SourceCondition::Connected { since: before_noon(90_000) },
        level: Level::Attention,
        findings: vec![Finding::attention("Source hr: 1 message could not be followed.".to_owned())],
        last_received: Some(before_noon(30)),
        last_success: Some(before_noon(30)),
        last_change: Some(before_noon(400)),
        lag_s: Some(2),
        followed: 12,
        errors: vec![SourceErrorCount { kind: "refused", count: 1 }],
        last_error: Some(SourceErrorView {
            at: before_noon(70),
            fault: EventFault::new(
                "data.cards",
                "card \"100-1234\" is held by Ann Archer",
                "deactivate it there",
            )
            .with("100-1234"),
        }),
        people: 3,
        cards: 4,
        dead_letters: 1,
    }];
    site.events = vec![
        card_read(4, Some("Ann Archer"), "100-1234", true, Reason::Granted),
        card_read(61, None, "26:0x2F623AE", false, Reason::UnknownCard),
        card_read(95, Some("Ben Brandt"), "100-9012", false, Reason::Expired),
    ];
    let text = "The directory was rebuilt from its journal at start; nothing was lost.".to_owned();
    site.notices = vec![Notice { at: before_noon(90_000), level: Level::Attention, text }];
    site
}
