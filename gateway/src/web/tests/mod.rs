//! The router over real sockets, in front of a site and accounts that the tests make up.

mod access;
mod access_rules;
mod alarms;
mod audit;
mod capture;
mod cards;
mod connection_floods;
mod doors;
mod events;
mod explain;
mod identity_providers;
mod install_mode;
mod live;
mod openapi;
mod page;
mod sign_in;
mod sources;
mod tending;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Extension;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio_stream::wrappers::BroadcastStream;

use super::*;
use crate::domain::osdpcap::Record;
use crate::domain::remote::Transport;
use crate::domain::{
    AccessEdit, AccessEdited, AlarmDeed, AlarmDeedError, AlarmNumber, AuditEntry, Blocked, Explanation,
    LocalClock, Why,
};
use crate::domain::{ControllerId, DoorId, LineId, Revision};
use crate::operator::{
    AccessEditError, Actor, AlarmError, Audit, CaptureError, CaptureLine, CardOrder, CardOrderDone,
    CardOrderError, ChangeCard, DeviceFile, DeviceTended, DeviceWish, DoorOrder, DoorOrderError, DoorOrdered,
    EditAccess, FileProgress, HandleAlarm, InstallMinutes, InstallModeError, InstallModeOpened,
    OpenInstallMode, OperateSource, OrderDoor, ReAuthenticate, ReAuthenticateError, ReAuthenticated,
    ShownOnce, SourceCheck, SourceOrderError, SourceResynced, SourceTested, TendDevice, TendDeviceError,
};
use crate::site::AccessRules;
use crate::sources::access::{KnownDoor, Surroundings};
use crate::sources::cards::CardDefaults;
use crate::store::users::{Role, User};
use crate::store::{Directory, StoreError};
use crate::views::{
    AccessView, AlarmView, AuditView, ConfiguredSourceView, ControllerView, DeadLetterView, EventsError,
    EventsFound, EventsWanted, ExposureView, Figures, GroupView, HoldView, IdentityProvidersView,
    OperationView, Question, Readiness, ReceiptView, ShowAccess, ShowAlarms, ShowAudit, ShowControllers,
    ShowEvents, ShowHolds, ShowIdentityProviders, ShowReceipts, ShowSite, ShowSources, ShowWhy, SiteFacts,
    SiteView, Unreadable, WhyError, fixture,
};
use panel_protocol::wiegand::H10301;

const PASSWORD: &str = "correct horse";

/// What a source gets when it is re-authenticated.
const NEW_TOKEN: &str = "ghs_only-for-tests";

/// A site that tests change at will.
struct FakeSite {
    name: String,
    /// How often somebody asked for everything.
    whole_sites: AtomicU32,
    facts: Mutex<SiteFacts>,
    readiness: Mutex<Readiness>,
    changes: watch::Sender<u64>,
    opened: Mutex<Vec<(String, u8, Actor)>>,
    directory: Directory,
    access: AccessRules,
    _folder: TempDir,
    /// What passes on line `north`, the only one, and who has listened.
    passing: broadcast::Sender<Record>,
    listeners: Mutex<Vec<Actor>>,
    re_authenticated: Mutex<Vec<Actor>>,
    ordered: Mutex<Vec<(CardOrder, Actor)>>,
    doors_ordered: Mutex<Vec<(DoorOrder, Actor)>>,
    alarms_handled: Mutex<Vec<(AlarmDeed, Actor)>>,
    tended: Mutex<Vec<(DeviceWish, Actor)>>,
    searched: Mutex<Vec<EventsWanted>>,
    audited: Mutex<Vec<AuditEntry>>,
    /// What was done to sources, and by whom.
    of_sources: Mutex<Vec<(String, Actor)>>,
}

impl FakeSite {
    fn new(facts: SiteFacts) -> Arc<Self> {
        let readiness = Readiness { directory_open: true, links_started: true };
        let folder = TempDir::new().unwrap();
        let (directory, _) = Directory::open(folder.path(), Box::new(|_| {})).unwrap();
        let doors = ["lobby-main", "dock-roller"].map(|id| {
            let place = Some(format!("Harbour Street / {id}").parse().unwrap());
            (id.parse().unwrap(), KnownDoor { name: format!("Door {id}"), place })
        });
        let cards = CardDefaults { format: &H10301, facility: Some(100) };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let around = Surroundings { doors: doors.into(), zone, cards };
        Arc::new(Self {
            access: AccessRules::new(directory.clone(), around),
            directory,
            _folder: folder,
            name: facts.name.clone(),
            whole_sites: AtomicU32::new(0),
            facts: Mutex::new(facts),
            readiness: Mutex::new(readiness),
            changes: watch::Sender::new(0),
            opened: Mutex::default(),
            passing: broadcast::Sender::new(16),
            listeners: Mutex::default(),
            re_authenticated: Mutex::default(),
            ordered: Mutex::default(),
            doors_ordered: Mutex::default(),
            alarms_handled: Mutex::default(),
            tended: Mutex::default(),
            searched: Mutex::default(),
            audited: Mutex::default(),
            of_sources: Mutex::default(),
        })
    }

    fn facts(&self) -> SiteFacts {
        self.facts.lock().unwrap().clone()
    }

    fn change(&self, edit: impl FnOnce(&mut SiteFacts)) {
        edit(&mut self.facts.lock().unwrap());
        self.changes.send_modify(|count| *count += 1);
    }
}

impl ShowSite for FakeSite {
    fn name(&self) -> &str {
        &self.name
    }

    fn clock(&self) -> LocalClock {
        self.facts().clock()
    }

    fn change(&self) -> u64 {
        *self.changes.borrow()
    }

    fn changed_since(&self, seen: u64) -> BoxFuture<'_, ()> {
        let mut changes = self.changes.subscribe();
        Box::pin(async move { drop(changes.wait_for(|change| *change != seen).await.unwrap()) })
    }

    fn readiness(&self) -> Readiness {
        *self.readiness.lock().unwrap()
    }

    fn figures(&self) -> Figures {
        self.facts().into()
    }

    fn site(&self) -> BoxFuture<'_, SiteView> {
        self.whole_sites.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(fixture::seen(self.facts())))
    }
}

impl ShowControllers for FakeSite {
    fn controllers(&self) -> Vec<ControllerView> {
        self.facts().controllers
    }
}

impl ShowReceipts for FakeSite {
    fn receipts(&self) -> Vec<ReceiptView> {
        self.facts().receipts
    }

    fn exposed(&self) -> Vec<ExposureView> {
        self.facts().exposed
    }
}

impl ShowEvents for FakeSite {
    /// Knows doors, people by their names, results and instants.
    fn events(&self, wanted: EventsWanted) -> BoxFuture<'_, Result<EventsFound, EventsError>> {
        self.searched.lock().unwrap().push(wanted.clone());
        let mut events = self.facts().events;
        events.retain(|event| {
            wanted.before.is_none_or(|before| event.number < before)
                && wanted.door.as_ref().is_none_or(|door| event.door == *door)
                && wanted.person.as_ref().is_none_or(|person| event.who.as_ref() == Some(person))
                && wanted.result.is_none_or(|result| result.is(event.reason))
                && wanted.from.is_none_or(|from| event.at >= from)
                && wanted.until.is_none_or(|until| event.at < until)
        });
        let more = events.len() > wanted.limit;
        events.truncate(wanted.limit);
        let next = events.last().filter(|_| more).map(|event| event.number);
        let not_a_card = wanted.card.filter(|card| card == "nonsense").map(EventsError::NotACard);
        let found = not_a_card.map_or(Ok(EventsFound { events, next }), Err);
        Box::pin(std::future::ready(found))
    }
}

impl ShowWhy for FakeSite {
    /// Knows one door, and that its card is on hold.
    fn why(&self, question: Question) -> BoxFuture<'_, Result<Explanation, WhyError>> {
        let answer = match (question.door.as_str(), question.card.as_str()) {
            ("lobby-main", "nonsense") => Err(WhyError::NotACard("write NUMBER".to_owned())),
            ("lobby-main", _) => Ok(Explanation {
                granted: false,
                reason: Why::Blocked(Blocked::OnHold),
                because: vec![format!("on hold at {}", question.at.unwrap_or_default())],
                remedy: Some("Lift the hold.".to_owned()),
            }),
            (door, _) => {
                Err(WhyError::UnknownDoor { door: door.to_owned(), near: Some("lobby-main".to_owned()) })
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

impl ShowIdentityProviders for FakeSite {
    fn identity_providers(&self) -> IdentityProvidersView {
        self.facts().identity_providers
    }

    /// A hundred and twenty of them.
    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView> {
        let newest = before.map_or(120, |before| before - 1);
        (1..=newest).rev().take(count).map(fixture::operation).collect()
    }
}

impl Audit for FakeSite {
    fn audit(&self, entry: AuditEntry) -> BoxFuture<'_, ()> {
        self.audited.lock().unwrap().push(entry);
        Box::pin(std::future::ready(()))
    }
}

impl ShowAudit for FakeSite {
    fn audit_log(
        &self,
        before: Option<u64>,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<AuditView>, Unreadable>> {
        let entries = self.audited.lock().unwrap().clone();
        let numbered = (1..).zip(entries).filter(|(number, _)| before.is_none_or(|before| *number < before));
        let mut shown: Vec<AuditView> = numbered
            .map(|(number, entry)| AuditView::of(number, entry, "00".to_owned(), "11".to_owned()))
            .collect();
        shown.reverse();
        shown.truncate(count);
        Box::pin(std::future::ready(Ok(shown)))
    }
}

impl ShowSources for FakeSite {
    fn sources(&self) -> Vec<ConfiguredSourceView> {
        self.facts().sources
    }

    /// The source called `hr` has one.
    fn dead_letters(&self, source: &str) -> Option<Vec<DeadLetterView>> {
        (source == "hr").then(|| vec![fixture::dead_letter()])
    }
}

impl FakeSite {
    fn at_source<T>(&self, source: &str, what: &str, actor: &Actor, done: T) -> Result<T, SourceOrderError> {
        if source != "hr" {
            return Err(SourceOrderError::Unknown(source.to_owned()));
        }
        self.of_sources.lock().unwrap().push((what.to_owned(), actor.clone()));
        Ok(done)
    }
}

impl OperateSource for FakeSite {
    fn test_source(&self, source: &str) -> BoxFuture<'_, Result<SourceTested, SourceOrderError>> {
        let check =
            SourceCheck { what: "secret".to_owned(), passed: Some(true), found: "connected".to_owned() };
        let tested = SourceTested { passed: true, checks: vec![check] };
        let answer = self.at_source(source, "test", &Actor::LocalOperator, tested);
        Box::pin(std::future::ready(answer))
    }

    fn resync_source(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<SourceResynced, SourceOrderError>> {
        let answer = self.at_source(source, "resync", actor, SourceResynced { changed: 2 });
        Box::pin(std::future::ready(answer))
    }

    fn retry_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>> {
        let answer = match letter {
            7 => self.at_source(source, "retry", actor, ()),
            other => Err(SourceOrderError::NoLetter(source.to_owned(), other)),
        };
        Box::pin(std::future::ready(answer))
    }

    fn discard_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>> {
        let what = format!("discard {letter}");
        Box::pin(std::future::ready(self.at_source(source, &what, actor, ())))
    }
}

impl ShowHolds for FakeSite {
    fn holds(&self) -> BoxFuture<'_, Result<Vec<HoldView>, Unreadable>> {
        self.access.holds()
    }
}

impl ShowAccess for FakeSite {
    fn access(&self) -> BoxFuture<'_, Result<AccessView, Unreadable>> {
        self.access.access()
    }

    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, Unreadable>> {
        self.access.groups()
    }
}

impl EditAccess for FakeSite {
    fn edit_access(
        &self,
        edit: AccessEdit,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AccessEdited, AccessEditError>> {
        self.access.edit_access(edit, actor)
    }
}

impl OpenInstallMode for FakeSite {
    fn open_install_mode(
        &self,
        controller: &ControllerId,
        minutes: InstallMinutes,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<InstallModeOpened, InstallModeError>> {
        let answer = if controller.as_str() == "dock" {
            self.opened.lock().unwrap().push((controller.to_string(), minutes.get(), actor.clone()));
            Ok(InstallModeOpened { controller: controller.clone(), until: Timestamp::UNIX_EPOCH })
        } else {
            Err(InstallModeError::UnknownController(controller.clone()))
        };
        Box::pin(std::future::ready(answer))
    }
}

impl CaptureLine for FakeSite {
    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError> {
        if line.as_str() != "north" {
            return Err(CaptureError::UnknownLine(line.clone()));
        }
        self.listeners.lock().unwrap().push(actor.clone());
        Ok(BroadcastStream::new(self.passing.subscribe()).filter_map(async |heard| heard.ok()).boxed())
    }
}

impl ReAuthenticate for FakeSite {
    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>> {
        let answer = if source == "entra" {
            self.re_authenticated.lock().unwrap().push(actor.clone());
            let token = ShownOnce(NEW_TOKEN.to_owned().into());
            Ok(ReAuthenticated { name: source.to_owned(), token, previous_until: Some(fixture::noon()) })
        } else {
            Err(ReAuthenticateError::Unknown(source.to_owned()))
        };
        Box::pin(std::future::ready(answer))
    }
}

impl ChangeCard for FakeSite {
    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>> {
        let answer = match (order.user_name.as_str(), order.number.as_str()) {
            ("ada", "taken") => Err(CardOrderError::Conflict("the card is held by Bo".to_owned())),
            ("ada", "x") => Err(CardOrderError::NotACard("no number".to_owned())),
            ("ada", _) => Ok(CardOrderDone { holder_name: "Ada".to_owned(), revision: Revision(7) }),
            (other, _) => Err(CardOrderError::UnknownPerson(other.to_owned())),
        };
        if answer.is_ok() {
            self.ordered.lock().unwrap().push((order, actor.clone()));
        }
        Box::pin(std::future::ready(answer))
    }
}

impl ShowAlarms for FakeSite {
    fn alarms(&self) -> Vec<AlarmView> {
        let SiteFacts { alarms, alarms_over, .. } = self.facts();
        [alarms, alarms_over].concat()
    }
}

/// Knows alarm 12 alone, and changes nothing.
impl HandleAlarm for FakeSite {
    fn handle_alarm(
        &self,
        number: AlarmNumber,
        deed: AlarmDeed,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AlarmView, AlarmError>> {
        let alarm = self.alarms().into_iter().find(|alarm| alarm.number == number && number.0 == 12);
        let answer = match (alarm, &deed) {
            (None, _) => Err(AlarmDeedError::Unknown(number).into()),
            (Some(_), AlarmDeed::Unmute) => Err(AlarmDeedError::NotMuted(number).into()),
            (Some(_), AlarmDeed::Mute { until, .. }) if *until <= fixture::noon() => {
                Err(AlarmDeedError::Until { until: *until, days: 30 }.into())
            }
            (Some(alarm), _) => Ok(alarm),
        };
        if answer.is_ok() {
            self.alarms_handled.lock().unwrap().push((deed, actor.clone()));
        }
        Box::pin(std::future::ready(answer))
    }
}

/// Has a controller `dock`, which does all that is wanted.
impl TendDevice for FakeSite {
    fn tend_device(
        &self,
        controller: &ControllerId,
        wish: DeviceWish,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DeviceTended, TendDeviceError>> {
        let answer = match (controller.as_str(), wish) {
            ("dock", DeviceWish::SetAddress(7)) => Err(TendDeviceError::Senseless {
                field: "address",
                value: "7".to_owned(),
                why: "somebody has it".to_owned(),
                remedy: "Choose another.".to_owned(),
            }),
            ("dock", DeviceWish::SetAddress(address)) => {
                Ok(DeviceTended::Moved { address, baud: 9600, configuration: "write it down".to_owned() })
            }
            ("dock", DeviceWish::SetSpeed(_)) => Err(TendDeviceError::NotDone {
                controller: controller.clone(),
                why: "it is not alone".to_owned(),
                remedy: "Connect it alone.".to_owned(),
            }),
            ("dock", DeviceWish::Identify) => Ok(DeviceTended::Identified { light: true, tone: false }),
            ("dock", DeviceWish::RotateKey) => Ok(DeviceTended::KeyRotated),
            _ => Err(TendDeviceError::Unknown { controller: controller.clone(), near: None }),
        };
        if answer.is_ok() {
            self.tended.lock().unwrap().push((wish, actor.clone()));
        }
        Box::pin(std::future::ready(answer))
    }

    fn send_file(
        &self,
        _: &ControllerId,
        file: DeviceFile,
        _: &Actor,
    ) -> Result<BoxStream<'static, FileProgress>, TendDeviceError> {
        let total = file.content.len() as u64;
        let step = |sent, ended| FileProgress { sent, total, ended, restarts: false, error: None };
        Ok(futures_util::stream::iter([step(0, false), step(total, true)]).boxed())
    }
}

impl OrderDoor for FakeSite {
    fn order_door(
        &self,
        door: &DoorId,
        order: DoorOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DoorOrdered, DoorOrderError>> {
        let answer = match (door.as_str(), order.action.mode()) {
            ("turnstile", mode) => {
                self.doors_ordered.lock().unwrap().push((order.clone(), actor.clone()));
                Ok(DoorOrdered { door: door.clone(), mode: mode.unwrap_or_default(), until: order.until })
            }
            ("lobby-main", _) => Err(DoorOrderError::DecidedByPanel {
                door: door.clone(),
                controller: "lobby".parse().unwrap(),
            }),
            _ => Err(DoorOrderError::Unknown { door: door.clone(), near: None }),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Three accounts, one of each role, all with [`PASSWORD`].
struct FakeAccounts(Mutex<Vec<User>>);

impl FakeAccounts {
    fn new() -> Arc<Self> {
        let account = |name: &str, role| User {
            name: name.to_owned(),
            role,
            created: Timestamp::UNIX_EPOCH,
            seal: [1; 32],
        };
        Arc::new(Self(Mutex::new(vec![
            account("vera", Role::Viewer),
            account("mara", Role::Manager),
            account("ida", Role::Installer),
        ])))
    }
}

impl Accounts for FakeAccounts {
    fn verify(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        Ok(self.find(name)?.filter(|_| password == PASSWORD))
    }

    fn find(&self, name: &str) -> Result<Option<User>, StoreError> {
        Ok(self.0.lock().unwrap().iter().find(|account| account.name == name).cloned())
    }
}

/// A router that serves on a port of its own.
struct Served {
    site: Arc<FakeSite>,
    accounts: Arc<FakeAccounts>,
    state: WebState,
    client: Client,
    address: SocketAddr,
}

impl Served {
    async fn start() -> Self {
        Self::with(fixture::everything(), Transport::PlainLoopback, false).await
    }

    async fn with(facts: SiteFacts, transport: Transport, local: bool) -> Self {
        let (site, accounts) = (FakeSite::new(facts), FakeAccounts::new());
        let served = Self::before(site, accounts.clone(), transport, local).await;
        Self { accounts, ..served }
    }

    async fn before(
        site: Arc<FakeSite>,
        accounts: Arc<dyn Accounts>,
        transport: Transport,
        local: bool,
    ) -> Self {
        // Another test may have been first; which one doesn't matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = WebState::new(site.clone(), accounts, Arc::new(Metrics::new()), transport, None);
        let routes = shielded(router(state.clone()), transport);
        let routes = if local { routes.layer(Extension(LocalOperator)) } else { routes };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { site, accounts: FakeAccounts::new(), state, client, address }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("http://{}{path}", self.address))
    }

    fn post_form(&self, path: &str, body: &str) -> RequestBuilder {
        let form = "application/x-www-form-urlencoded";
        self.post(path).header("content-type", form).body(body.to_owned())
    }

    /// Signs in; the cookie as the browser would send it.
    async fn cookie(&self, name: &str) -> String {
        let answer = self.sign_in(name, "correct+horse").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn sign_in(&self, name: &str, password: &str) -> Response {
        self.post_form("/sign-in", &format!("name={name}&password={password}")).send().await.unwrap()
    }

    async fn page(&self, name: &str) -> String {
        let answer = self.get("/").header("cookie", self.cookie(name).await).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }
}
