//! Sign-ins that are cut off, guessed, or come from everywhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gateway::domain::attempts::MAX_FAILURES;
use tests::figures::{Figures, Times};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::connections::connect;
use crate::site::{Flooded, PASSWORD};

/// Strangers that guess at once.
const STRANGERS: u32 = 200;

/// An address that nobody else has in these floods.
const OWN: u32 = 1 << 20;

/// 14,000 in 5 s, of 200 addresses.
pub(crate) fn cut_off(to: SocketAddr) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for number in 0..STRANGERS {
        all.spawn(async move {
            for _ in 0..14_000 / STRANGERS {
                let next = tokio::time::sleep(Duration::from_millis(u64::from(5_000 / (14_000 / STRANGERS))));
                if let Ok(mut stream) = connect(to, number).await {
                    let _ = stream.write_all(&question("ida", "a guess that is wrong")).await;
                    tokio::time::sleep(Duration::from_micros(1_500)).await;
                }
                next.await;
            }
        });
    }
    all
}

/// Somebody who signed in before signs in again, while thousands of addresses guess.
pub(crate) async fn of_thousands(span: Duration, figures: &mut Figures) -> anyhow::Result<()> {
    let site = Flooded::start().await?;
    let to = site.address;
    anyhow::ensure!(signed_in(to, OWN, "ida", PASSWORD).await == Some(303), "nobody can sign in");
    let tried = Arc::new(AtomicUsize::new(0));
    let mut flooding = JoinSet::new();
    for first in 0..STRANGERS {
        let tried = Arc::clone(&tried);
        flooding.spawn(async move {
            for number in (first..).step_by(STRANGERS as usize) {
                let _ = signed_in(to, number, "ida", "a guess that is wrong").await;
                tried.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let (mut times, mut refused, began) = (Times::default(), 0, Instant::now());
    while began.elapsed() < span {
        let asked = Instant::now();
        refused += usize::from(signed_in(to, OWN, "ida", PASSWORD).await != Some(303));
        times.add_span(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    flooding.shutdown().await;
    let fine = refused == 0 && times.max() < 1_000.0;
    let tried = tried.load(Ordering::Relaxed);
    let what = format!(
        "own sign-in while {tried} addresses guess: longest {:.0} ms, {refused} refused",
        times.max()
    );
    let verdict = figures.judge(&what, fine);
    figures.say(format!("{what}, median {:.0} ms, {} tries {verdict}", times.median(), times.len()));
    Ok(())
}

/// A viewer guesses an installer's password, and signs in as itself now and then so that it isn't noticed.
pub(crate) async fn guesses(span: Duration, figures: &mut Figures) -> anyhow::Result<()> {
    let site = Flooded::start().await?;
    let (mut looked_at, mut waits, began) = (0, 0, Instant::now());
    while began.elapsed() < span {
        for _ in 0..9 {
            match signed_in(site.address, OWN, "ida", "a guess that is wrong").await {
                Some(401) => looked_at += 1,
                _ => waits += 1,
            }
        }
        let _ = signed_in(site.address, OWN, "vera", PASSWORD).await;
    }
    let what =
        format!("a viewer's guesses of an installer's password: {looked_at} looked at, {waits} told to wait");
    let verdict = figures.judge(&what, looked_at <= MAX_FAILURES as usize);
    figures.say(format!("{what} (at most {MAX_FAILURES}) {verdict}"));
    Ok(())
}

fn question(name: &str, password: &str) -> Vec<u8> {
    let body = format!("name={name}&password={}", password.replace(' ', "+"));
    let len = body.len();
    format!(
        "POST /sign-in HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {len}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The status of the answer, if there is one.
async fn signed_in(to: SocketAddr, from: u32, name: &str, password: &str) -> Option<u16> {
    let mut stream = connect(to, from).await.ok()?;
    stream.write_all(&question(name, password)).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}
