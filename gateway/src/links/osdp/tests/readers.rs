//! An ordinary reader where the configuration has a panel: told once, in words, and left in peace.

use super::bench::{Bench, Client, SECOND};
use crate::domain::{Became, DeviceCondition};
use crate::sync::{Demand, Failure};

fn asking() -> Client {
    Client { demand: Some(Demand::Bulk), ..Client::default() }
}

fn unsupported(bench: &Bench) -> Vec<String> {
    let told = bench.client.became.lock().unwrap();
    let words = told.iter().filter_map(|became| match became {
        Became::Condition { is: DeviceCondition::Unsupported, why } => Some(why.clone()),
        _ => None,
    });
    words.collect()
}

#[test]
fn an_ordinary_reader_in_a_panels_place_is_told_once_and_asked_rarely() {
    let mut bench = Bench::with(asking(), true);
    bench.run(SECOND * 300);
    assert!(bench.client.is(DeviceCondition::Unsupported));
    let told = unsupported(&bench);
    assert!(matches!(&told[..], [why] if why.contains("ordinary reader")), "{told:?}");
    let failures = bench.client.failures.lock().unwrap();
    assert!((2..=6).contains(&failures.len()), "{} in five minutes", failures.len());
    assert!(failures.iter().all(|failure| *failure == Failure::Refused));
}

#[test]
fn one_that_learns_what_a_panel_knows_is_online_again() {
    let mut bench = Bench::with(asking(), true);
    bench.run(SECOND * 5);
    assert!(bench.client.is(DeviceCondition::Unsupported));
    bench.gadget.plain = false;
    bench.run(SECOND * 70);
    assert!(bench.client.is(DeviceCondition::Online) && *bench.client.answers.lock().unwrap() > 0);
}
