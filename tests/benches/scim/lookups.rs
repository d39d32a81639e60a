//! `GET /Users?filter=userName eq "…"`, the request that identity providers send before all others.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::figures::{Figures, median};

use crate::Plan;
use crate::client::Client;
use crate::load::{self, Load};
use crate::peer::Peer;
use crate::people::{scramble, user_name};
use crate::service::Site;

const CONNECTIONS: usize = 8;

/// How many times as fast as the peer.
const AIM: f64 = 50.0;

pub(crate) fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let Plan { people, peer_people, .. } = *plan;
    figures.title(format!(
        "GET /Users?filter=userName eq \"…\", {CONNECTIONS} connections, {people} people; scim2-server: {peer_people}"
    ));
    figures.say(format!("aim: at least {AIM} times scim2-server's answers a second"));
    let peer = Peer::with(peer_people);
    if let Err(error) = &peer {
        figures.say(format!("scim2-server can't be had, so nothing is compared: {error:#}"));
    }
    let site = Site::of(people)?;
    let (service, _) = site.start()?;
    figures.say("turn  who            answers/s   median ms   p99 ms   of the machine: clients   server");
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for turn in 1..=plan.turns {
        let theirs = peer.as_ref().ok().map(|peer| {
            let asked = Asked { path: "/v2", people: peer_people, seconds: plan.turn_s };
            asked.of(peer.process(), peer.clients(CONNECTIONS))
        });
        let theirs = theirs.transpose()?;
        let asked = Asked { path: "/scim/v2", people, seconds: plan.turn_s };
        let ours = asked.of(service.process(), service.clients(CONNECTIONS))?;
        for (who, load) in [("scim2-server", theirs.as_ref()), ("gateway", Some(&ours))] {
            load.into_iter().for_each(|load| row(figures, turn, who, load));
        }
        rates.push(ours.rate());
        ratios.extend(theirs.map(|theirs| ours.rate() / theirs.rate()));
    }
    let (rate, ratio) = (median(rates), median(ratios.clone()));
    figures.say(format!("  median of the turns: {rate:.0} answers/s"));
    if !ratios.is_empty() {
        let verdict = figures.judge(format!("lookups {ratio:.1} times as fast"), ratio >= AIM);
        figures.say(format!("  median of the turns: {ratio:.1} times scim2-server >= {AIM} {verdict}"));
    }
    service.stop()
}

fn row(figures: &Figures, turn: usize, who: &str, load: &Load) {
    let [clients, server] = load.shares();
    figures.say(format!(
        "{turn:>4}  {who:<13} {:>10.0} {:>11.3} {:>8.3} {clients:>23.0} % {server:>6.0} %",
        load.rate(),
        load.took.median(),
        load.took.p99()
    ));
}

/// What is asked, and for how long.
struct Asked {
    path: &'static str,
    people: u32,
    seconds: u64,
}

impl Asked {
    fn of(&self, server: u32, clients: Vec<Client>) -> anyhow::Result<Load> {
        let (end, count) = (Instant::now() + Duration::from_secs(self.seconds), AtomicU32::new(0));
        let next = || {
            let number = scramble(count.fetch_add(1, Ordering::Relaxed).into()) % u64::from(self.people);
            (Instant::now() < end).then_some(number as u32)
        };
        load::run(server, clients, next, |client, number| self.look_up(client, number))
    }

    fn look_up(&self, client: &mut Client, number: u32) -> anyhow::Result<()> {
        let name = user_name(number);
        let path = format!("{}/Users?filter=userName%20eq%20%22{name}%22", self.path);
        let answer = client.ask("GET", &path, "")?;
        let body = answer.expect(200)?;
        ensure!(body.contains(&name), "{name} was not found: {body}");
        Ok(())
    }
}
