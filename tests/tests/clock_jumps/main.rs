//! A box whose clock is set by hours and by years, both ways, while it runs and while it is off: nothing is deleted, nobody is
//! locked out, and it is told. The clock is `clock.c`, preloaded into the service alone.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Gateway, Simulator, SitePlan, eventually};

const HOURS: i64 = 3 * 3_600;
const YEARS: i64 = 5 * 365 * 86_400;

/// A clock that can be set.
struct Clock {
    folder: TempDir,
    control: File,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = OpenOptions::new();
        let control = options.create(true).truncate(true).write(true).open(folder.path().join("control"));
        let clock = Self { control: control.unwrap(), folder };
        clock.set(0);
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(clock.library());
        compile.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clock_jumps/clock.c")).arg("-ldl");
        assert!(compile.status().expect("a C compiler, cc").success(), "clock.c can't be compiled");
        clock
    }

    /// From now on it shows so many seconds more than the system's.
    fn set(&self, seconds: i64) {
        self.control.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    /// What makes a process go by it.
    fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![("LD_PRELOAD", self.library()), ("CLOCK_CONTROL", self.folder.path().join("control"))]
    }
}

/// A site with a panel, a person whose card opens, and a card read in its log.
struct Site {
    clock: Clock,
    _plan: SitePlan,
    simulator: Simulator,
    gateway: Gateway,
    people: u32,
}

impl Site {
    async fn start() -> Self {
        let (clock, plan) = (Clock::new(), SitePlan::new(38_400, &["lobby"]));
        let simulator = plan.simulator().await;
        plan.write();
        let gateway = Gateway::start_with(&plan.config(), &plan.data(), clock.environment()).await;
        let mut site = Self { clock, _plan: plan, simulator, gateway, people: 0 };
        site.opens_for_somebody_new().await;
        site
    }

    /// A person who is made now gets in, and so does everybody before them.
    async fn opens_for_somebody_new(&mut self) {
        self.people += 1;
        let (name, number) = (format!("person{}", self.people), 1_000 + u64::from(self.people));
        self.gateway.scim().create(&name, Some(&number.to_string())).await;
        self.gateway.proven(&["lobby"]).await;
        for number in [number, 1_001] {
            let swiped = self.simulator.swipe("lobby", number).await;
            assert_eq!(swiped["granted"], true, "{name}: {swiped}");
        }
        let logged = async || self.logged().await;
        let all = 2 * self.people as usize;
        eventually("both reads are in the log", logged, |count| *count >= all).await;
    }

    /// How many card reads the log tells of.
    async fn logged(&self) -> usize {
        let found = self.gateway.api().get("/api/v1/events?limit=1000").await;
        found["events"].as_array().unwrap().len()
    }

    /// Everything that was there is there still, and goes on.
    async fn is_whole(&mut self) {
        let (logged, people) = (self.logged().await, self.people as usize);
        assert_eq!(logged, 2 * people, "no event has gone");
        let cards = self.simulator.cards("lobby").await;
        assert_eq!(cards.len(), people, "no card has gone");
        let counts = self.gateway.api().site().await["counts"].clone();
        assert_eq!(json!([counts["active_people"], counts["active_cards"]]), json!([people, people]));
        self.opens_for_somebody_new().await;
    }

    async fn tells_of_the_clock(&self) {
        let verdict = async || self.gateway.api().site().await["verdict"].clone();
        let told = |verdict: &Value| verdict["level"] != "well" && verdict.to_string().contains("clock");
        eventually("the verdict tells of the clock", verdict, told).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_while_the_service_runs_deletes_nothing_locks_nobody_out_and_is_told() {
    let mut site = Site::start().await;
    for (offset, by) in [(HOURS, "3 h on"), (0, "3 h back"), (YEARS, "5 years on"), (0, "5 years back")] {
        eprintln!("the clock goes {by}");
        // The service has to have seen the clock before it was set.
        let looks = async || site.gateway.api().site().await["uptime_s"].as_u64().unwrap();
        let begun = looks().await;
        eventually("the clock was looked at", looks, |seconds| *seconds >= begun + 6).await;
        site.clock.set(offset);
        site.is_whole().await;
        site.tells_of_the_clock().await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_while_the_box_is_off_deletes_nothing_locks_nobody_out_and_is_told_if_it_can_be()
{
    let mut site = Site::start().await;
    for (offset, told) in [(HOURS, false), (0, true), (YEARS, true), (0, true), (-YEARS, true)] {
        eprintln!("the clock shows {offset} s more than it is");
        site.gateway.stop().await;
        site.clock.set(offset);
        site.gateway.restart().await;
        site.gateway.proven(&["lobby"]).await;
        site.is_whole().await;
        if told {
            site.tells_of_the_clock().await;
        }
    }
}
