//! Gives simulated panels the whole card table, without hours of line time.
//!
//! What puts the rows is the gateway's own synchronisation, in another site's name and past the line. The service then
//! meets panels that hold the right rows under somebody else's digest key: it adopts them, and their digest is right.

use anyhow::{Context, ensure};
use firmware_sim::Site;
use gateway::access::{CardAccess, DoorPlan};
use gateway::domain::{CardholderId, Revision};
use gateway::links::card_table::{self, Frame};
use gateway::site::clock;
use gateway::sync::{ControllerSpec, Fleet, Holds, SyncState};
use panel_protocol::credential::Credential;
use panel_protocol::table::{DigestKey, Row};

use crate::people::{Organisation, Person};
use crate::rig::{READER, panel_name};

/// Room for an operation or its answer.
const FRAME: usize = 1400;

/// Fills these panels with everybody's cards.
pub(crate) fn preload(simulator: &Site, panels: u8, organisation: &Organisation) -> anyhow::Result<()> {
    let specs = (1..=panels).map(|address| {
        let key = DigestKey::new([address; 16]);
        Ok(ControllerSpec { id: panel_name(address).parse()?, plan: plan(), holds: Holds::Digested(key) })
    });
    let specs = specs.collect::<anyhow::Result<Vec<_>>>()?;
    let mut fleet = Fleet::new(specs, Revision(1), cards(&organisation.people)?);
    for (at, address) in (1..=panels).enumerate() {
        let name = panel_name(address);
        let mut request = [0; FRAME];
        while let Some(len) = next(&mut fleet, at, &mut request) {
            let answer = simulator.operate(&name, &request[..len])?;
            let answer = card_table::answer(&answer).context("a panel's answer can't be read")?;
            fleet.answered(at, clock::now(), &answer);
            while fleet.poll_output().is_some() {}
        }
        let status = fleet.status(at).context("the fleet forgot a panel")?;
        ensure!(status.state == SyncState::Proven, "{name} did not take its table: {status:?}");
    }
    Ok(())
}

fn next(fleet: &mut Fleet, at: usize, request: &mut [u8]) -> Option<usize> {
    let mut frame = Frame::new(request);
    fleet.next(at, clock::now(), &mut frame).then(|| frame.filled())?
}

/// The bytes of everybody's rows.
pub(crate) fn row_bytes(people: &[Person]) -> anyhow::Result<usize> {
    let plan = plan();
    let rows = cards(people)?.into_iter().filter_map(|(card, access)| plan.row(card, &access));
    Ok(rows.map(|row: Row| row.encoded_len()).sum())
}

fn plan() -> DoorPlan {
    DoorPlan::new([READER])
}

fn cards(people: &[Person]) -> anyhow::Result<Vec<(Credential, CardAccess)>> {
    let access = |person: &Person| {
        let holder: CardholderId = person.id.parse()?;
        Ok((person.card, CardAccess::everywhere(holder)))
    };
    people.iter().map(access).collect()
}
