//! A fleet and real panels, with a line between them that loses what a test tells it to.

use super::*;

pub(super) type TestPanel = Panel<Rows, 4, 64>;

/// Rows in a map, with a capacity that a test may choose.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    rows: BTreeMap<(u8, Credential), Row>,
    capacity: usize,
}

impl RowStore for Rows {
    fn get(&self, credential: Credential) -> Option<Row> {
        self.rows.get(&(bucket_of(credential), credential)).copied()
    }

    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull> {
        let key = (bucket_of(row.credential), row.credential);
        if self.rows.len() == self.capacity && !self.rows.contains_key(&key) {
            return Err(TableFull);
        }
        Ok(self.rows.insert(key, row))
    }

    fn remove(&mut self, credential: Credential) -> Option<Row> {
        self.rows.remove(&(bucket_of(credential), credential))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap()
    }

    fn capacity(&self) -> u32 {
        u32::try_from(self.capacity).unwrap()
    }

    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        let from = after.map_or((bucket, Credential::new(1, 0).unwrap()), |after| (bucket, after));
        let mut rows = self.rows.range(from..).map(|(_, row)| *row);
        let next = rows.find(|row| Some(row.credential) != after)?;
        (bucket_of(next.credential) == bucket).then_some(next)
    }
}

pub(super) struct Site {
    pub(super) fleet: Fleet,
    pub(super) plans: Vec<DoorPlan>,
    pub(super) panels: Vec<TestPanel>,
    pub(super) revision: Revision,
    pub(super) now: Timestamp,
    pub(super) frame: usize,
    pub(super) operations: usize,
    pub(super) bytes: usize,
    /// Numbers of the events that came.
    pub(super) events: Vec<u32>,
    pub(super) violations: usize,
}

impl Site {
    pub(super) fn new(panels: usize, capacity: usize) -> Self {
        Self::of(vec![DoorPlan::new([0, 1]); panels], Revision(0), [], capacity)
    }

    /// A site as it is after a start, with panels that know nothing yet.
    pub(super) fn of(
        plans: Vec<DoorPlan>,
        revision: Revision,
        cards: impl IntoIterator<Item = (Credential, CardAccess)>,
        capacity: usize,
    ) -> Self {
        Self {
            panels: plans.iter().map(|_| new_panel(capacity)).collect(),
            fleet: Fleet::new(specs(plans.clone()), revision, cards),
            plans,
            revision,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            frame: 200,
            operations: 0,
            bytes: 0,
            events: Vec::new(),
            violations: 0,
        }
    }

    pub(super) fn set(&mut self, number: u64, active: bool) {
        self.allow(number, active.then(access));
    }

    pub(super) fn allow(&mut self, number: u64, access: Option<CardAccess>) {
        self.revision = self.revision.next();
        let change = change(self.revision, card(number), access);
        self.fleet.apply(self.revision, vec![change], self.now);
    }

    /// What the fleet says and nobody has taken yet.
    pub(super) fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.fleet.poll_output()).collect()
    }

    /// One operation for a panel; what the line does to it is for `fate` to say. Whether there was one.
    pub(super) fn exchange(&mut self, panel: usize, fate: Fate) -> bool {
        self.exchange_with(panel, fate, |_| {})
    }

    /// The same, `alter` having its way with the answer.
    pub(super) fn exchange_with(
        &mut self,
        panel: usize,
        fate: Fate,
        alter: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        self.now = self.now.saturating_add(SignedDuration::from_millis(10)).unwrap();
        let mut request = vec![0; self.frame];
        let Some(len) = self.next(panel, &mut request) else { return false };
        self.operations += 1;
        self.bytes += len;
        if fate == Fate::RequestLost {
            self.lost(panel);
            return true;
        }
        let mut answer = self.operate(panel, &request[..len]);
        alter(&mut answer);
        self.bytes += answer.len();
        if fate == Fate::AnswerLost {
            self.lost(panel);
        } else {
            self.answered(panel, &answer);
        }
        while self.fleet.prove_more(self.now) {}
        while let Some(output) = self.fleet.poll_output() {
            if let Output::Events { controller, epoch, before, events } = output {
                self.fleet.events_stored(controller, epoch, before);
                self.events.extend(events.iter().map(|event| event.sequence));
            } else if let Output::Violation { .. } = output {
                self.violations += 1;
            }
        }
        true
    }

    /// What a panel answers to a request.
    pub(super) fn operate(&mut self, panel: usize, request: &[u8]) -> Vec<u8> {
        let (clock, mut answer) = (self.clock(), vec![0; self.frame]);
        let len = self.panels[panel].operate(clock, request, &mut answer);
        answer.truncate(len);
        answer
    }

    /// Has the next operation for a panel under way; its code.
    pub(super) fn begin(&mut self, panel: usize) -> Option<u8> {
        let mut request = vec![0; self.frame];
        self.next(panel, &mut request).map(|_| request[0])
    }

    /// The next operation in bytes; how many.
    pub(super) fn next(&mut self, panel: usize, request: &mut [u8]) -> Option<usize> {
        let mut frame = Frame::new(request);
        self.fleet.next(panel, self.now, &mut frame).then(|| frame.filled().unwrap())
    }

    pub(super) fn answered(&mut self, panel: usize, answer: &[u8]) {
        match card_table::answer(answer) {
            Some(answer) => self.fleet.answered(panel, self.now, &answer),
            None => self.fleet.failed(panel, self.now, Failure::Malformed),
        }
    }

    pub(super) fn lost(&mut self, panel: usize) {
        self.fleet.failed(panel, self.now, Failure::Lost);
    }

    /// A panel tells something without being asked.
    pub(super) fn unasked(&mut self, panel: usize, message: &[u8]) {
        if let Some(news) = card_table::waiting(message) {
            self.fleet.events_waiting(panel, news);
        }
    }

    pub(super) fn status(&self, panel: usize) -> ControllerStatus {
        self.fleet.status(panel).unwrap()
    }

    pub(super) fn later(&mut self, span: Duration) {
        self.now = self.now.saturating_add(span).unwrap();
    }

    /// The code of the next operation, which gets lost.
    pub(super) fn peek(&mut self, panel: usize) -> Option<u8> {
        let code = self.begin(panel);
        if code.is_some() {
            self.lost(panel);
        }
        code
    }

    pub(super) fn settle(&mut self) {
        for panel in 0..self.panels.len() {
            let mut rounds = 0;
            while self.exchange(panel, Fate::Delivered) {
                rounds += 1;
                assert!(rounds < 20_000, "no end: {:?}", self.fleet.status(panel));
            }
        }
    }

    pub(super) fn seconds(&self) -> UtcSeconds {
        UtcSeconds(u32::try_from(self.now.as_second()).unwrap())
    }

    pub(super) fn clock(&self) -> Micros {
        Micros(u64::try_from(self.now.as_microsecond()).unwrap())
    }

    pub(super) fn assert_equal(&self) {
        for (at, panel) in self.panels.iter().enumerate() {
            assert_eq!(self.fleet.status(at).unwrap().state, SyncState::Proven, "panel {at}");
            let held: Vec<Row> = (0..=255).flat_map(|bucket| bucket_rows(panel, bucket)).collect();
            let plan = &self.plans[at];
            let desired = self.fleet.cards().iter().filter_map(|(card, access)| plan.row(card, &access));
            assert_eq!(held, desired.collect::<Vec<_>>(), "panel {at}");
            let status = self.fleet.status(at).unwrap();
            assert_eq!(status.rows.map(|rows| rows as usize), Some(held.len()), "panel {at}");
            assert_eq!(status.desired_rows as usize, held.len(), "panel {at}");
        }
        assert_eq!(self.fleet.receipts().open_len(), 0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Delivered,
    RequestLost,
    AnswerLost,
}

pub(super) fn specs(plans: Vec<DoorPlan>) -> Vec<ControllerSpec> {
    let spec = |(at, plan): (u8, DoorPlan)| ControllerSpec {
        id: format!("panel-{at}").parse().unwrap(),
        plan,
        holds: Holds::Digested(DigestKey::new([at + 1; 16])),
    };
    (0..).zip(plans).map(spec).collect()
}

pub(super) fn change(revision: Revision, credential: Credential, access: Option<CardAccess>) -> CardChange {
    let holder = CardholderId(Uuid::nil());
    let (committed, holder_name) = (Timestamp::UNIX_EPOCH, "Ada".to_owned());
    CardChange { revision, committed, credential, access, holder, holder_name }
}

pub(super) fn new_panel(capacity: usize) -> TestPanel {
    Panel::new(PanelConfig { readers: 2 }, Rows { rows: BTreeMap::new(), capacity })
}

pub(super) fn bucket_rows(panel: &TestPanel, bucket: u8) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = panel.table().next_in_bucket(bucket, None);
    while let Some(row) = next {
        rows.push(row);
        next = panel.table().next_in_bucket(bucket, Some(row.credential));
    }
    rows
}

pub(super) fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

pub(super) fn access_of(clearance: Clearance) -> CardAccess {
    CardAccess { clearance, ..access() }
}

pub(super) fn access() -> CardAccess {
    CardAccess::everywhere(CardholderId(Uuid::nil()))
}
