//! `peer`: a host in the network, and its port.

use super::problem::Problem;
use super::section::Section;
use super::taken::Once;

pub(super) const PEER_EXAMPLE: &str = "peer = \"192.0.2.7:502\"";

/// A host and a port, each pair for one line.
pub(super) fn peer(section: &Section<'_, '_>, peers: &mut Once<String>) -> Option<String> {
    let text = section.text("peer")?;
    let peer = *text.get_ref();
    let is_address = |(host, port): (&str, &str)| {
        !host.is_empty()
            && !peer.contains(char::is_whitespace)
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if !peer.rsplit_once(':').is_some_and(is_address) {
        let problem = Problem::at(text.span(), format!("`peer` can't be \"{peer}\""));
        section.review.note(problem.help(format!("name host and port, such as {PEER_EXAMPLE}")));
        return None;
    }
    peers.take(section, peer.to_owned(), text.span(), format!("the peer {peer}"));
    Some(peer.to_owned())
}
