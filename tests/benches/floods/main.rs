//! `cargo build --release --bins && cargo bench -p tests --bench floods`: what floods of connections and sign-ins do to those
//! who have work to do.
//!
//! `gateway run` in a process of its own, with as many descriptors as its unit gives it. While a flood goes on, a browser
//! that is signed in, a SCIM client and the command line ask again and again, each time over a new connection.
//!
//! Arguments: `--quick` for floods of a second.

mod asking;
mod connections;
mod sign_ins;
mod site;

use std::process::ExitCode;
use std::time::Duration;

use tests::figures::{self, Figures, Times};
use tokio::task::JoinSet;

use asking::Asked;
use site::Flooded;

/// Nobody waits longer for an answer.
const LONGEST_ANSWER_MS: f64 = 1_000.0;

/// Most memory that a flood may take, in MiB.
const MOST_MEMORY: f64 = 100.0;

fn main() -> ExitCode {
    figures::main_of(measure)
}

fn measure(arguments: &[String]) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let seconds = if asked("--quick") || !asked("--bench") { 1 } else { 10 };
    site::raise_own_limit()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(all(Duration::from_secs(seconds)))
}

async fn all(span: Duration) -> anyhow::Result<()> {
    let mut figures = Figures::begin();
    figures.title(
        "floods: longest answers in ms while they go on (page / SCIM read / SCIM change / command line)",
    );
    figures.say(format!(
        "aims: no answer later than {LONGEST_ANSWER_MS} ms, none refused; at most {MOST_MEMORY} MiB more, given back"
    ));
    quiet(span, &mut figures).await?;
    for (name, flood) in connections::FLOODS {
        one(name, span, &mut figures, |site| (flood)(site.address)).await?;
    }
    one("14,000 sign-ins cut off after 1.5 ms", span, &mut figures, |site| sign_ins::cut_off(site.address))
        .await?;
    sign_ins::of_thousands(span, &mut figures).await?;
    sign_ins::guesses(span, &mut figures).await?;
    figures.end();
    Ok(())
}

/// What those who work take by themselves.
async fn quiet(span: Duration, figures: &mut Figures) -> anyhow::Result<()> {
    let site = Flooded::start().await?;
    let asked = Asked::for_span(&site, span).await;
    show("nothing", &asked, &site, figures)
}

async fn one(
    name: &str,
    span: Duration,
    figures: &mut Figures,
    flood: impl FnOnce(&Flooded) -> JoinSet<()>,
) -> anyhow::Result<()> {
    let mut site = Flooded::start().await?;
    let mut flooding = flood(&site);
    let asked = Asked::for_span(&site, span).await;
    flooding.shutdown().await;
    site.calm_down().await?;
    show(name, &asked, &site, figures)
}

fn show(name: &str, asked: &Asked, site: &Flooded, figures: &mut Figures) -> anyhow::Result<()> {
    let kinds = [&asked.page, &asked.read, &asked.change, &asked.command_line];
    let longest = kinds.iter().map(|times| times.max()).fold(0.0, f64::max);
    let fine = longest <= LONGEST_ANSWER_MS && asked.refused == 0;
    let answers =
        figures.judge(format!("{name}: longest answer {longest:.0} ms, {} refused", asked.refused), fine);
    let memory = site.memory()?;
    let more = memory.most - memory.before;
    let kept = memory.after - memory.before;
    let room = figures.judge(format!("{name}: {more:.0} MiB more, {kept:.0} kept"), more <= MOST_MEMORY);
    let each = kinds.map(cell).join(" ");
    figures.say(format!(
        "{name:<48} {each} {answers:<6} | refused {} | memory {:.0} + {more:.0}, kept {kept:.0} MiB {room}",
        asked.refused, memory.before
    ));
    Ok(())
}

/// How often, the median, and the longest.
fn cell(times: &Times) -> String {
    format!("{:>4} x {:>5.1}/{:>6.0}", times.len(), times.median(), times.max())
}
