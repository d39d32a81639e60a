//! The service that is flooded.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use gateway::site::clock;
use gateway::store::users::{Role, Users};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use tests::{Gateway, SitePlan};

/// What the unit gives the service.
const DESCRIPTORS: u64 = 4_196;

/// People to work with.
const PEOPLE: u32 = 20;

/// How long after a flood memory is looked at.
const CALM: Duration = Duration::from_secs(3);

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running service, and what it takes.
pub(crate) struct Flooded {
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) cookie: String,
    pub(crate) people: Vec<String>,
    before: f64,
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    _plan: SitePlan,
}

/// In MiB.
pub(crate) struct Memory {
    pub(crate) before: f64,
    pub(crate) most: f64,
    pub(crate) after: f64,
}

/// Lets this process open as many connections as the system lets it.
pub(crate) fn raise_own_limit() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

impl Flooded {
    /// With a viewer and an installer, people, and a browser that is signed in.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let plan = SitePlan::empty();
        fs::create_dir_all(plan.data())?;
        let users = Users::open(&plan.data());
        users.add("vera", Role::Viewer, PASSWORD, clock::now())?;
        users.add("ida", Role::Installer, PASSWORD, clock::now())?;
        let gateway = plan.gateway().await;
        let process = Pid::from_raw(i32::try_from(gateway.process().id())?);
        let unit = Rlimit { current: Some(DESCRIPTORS), maximum: Some(DESCRIPTORS) };
        prlimit(process, Resource::Nofile, unit)?;
        let scim = gateway.scim();
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            people.push(scim.create(&format!("person-{number}"), Some(&format!("{}", 1000 + number))).await);
        }
        let address = gateway.address().trim_start_matches("http://").parse()?;
        let cookie = signed_in(&gateway).await?;
        let before = resident(gateway.process().id())?;
        let (most, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        watch(gateway.process().id(), Arc::clone(&most), Arc::clone(&over));
        Ok(Self { gateway, address, cookie, people, before, most, over, _plan: plan })
    }

    /// Gives the service time to let go of what the flood has left.
    pub(crate) async fn calm_down(&mut self) -> anyhow::Result<()> {
        tokio::time::sleep(CALM).await;
        anyhow::ensure!(self.gateway.process_mut().runs(), "the service has ended");
        Ok(())
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let after = resident(self.gateway.process().id())?;
        let most = f64::from_bits(self.most.load(Ordering::Relaxed)).max(after);
        Ok(Memory { before: self.before, most, after })
    }
}

impl Drop for Flooded {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

async fn signed_in(gateway: &Gateway) -> anyhow::Result<String> {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let form = format!("name=vera&password={}", PASSWORD.replace(' ', "+"));
    let request = client.post(format!("{}/sign-in", gateway.address())).body(form);
    let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await?;
    let cookie = answer.headers().get("set-cookie").context("nobody was signed in")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Looks at its memory all the time, from a thread that no flood keeps waiting.
fn watch(process: u32, most: Arc<AtomicU64>, over: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            let Ok(now) = resident(process) else { return };
            let known = f64::from_bits(most.load(Ordering::Relaxed));
            most.store(known.max(now).to_bits(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(50));
        }
    });
}

/// A process's memory that is in use now, in MiB.
fn resident(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has ended")?;
    let kib = line.split_whitespace().next().context("no figure")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}
