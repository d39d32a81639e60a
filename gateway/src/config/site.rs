//! `[site]`

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;
use toml::Spanned;

use super::closest;
use super::problem::Problem;
use super::section::Section;
use super::{NamedFiles, Site};

/// Name of the socket in the data folder.
pub(super) const SOCKET_NAME: &str = "gateway.sock";

/// Longest path of a Unix socket, in bytes without the closing zero (`sockaddr_un`, Linux).
const MAX_SOCKET_PATH_LEN: usize = 107;

pub(super) fn read(section: &Section<'_, '_>) -> Option<Site> {
    if section.value("name").is_none() {
        section.missing("name", "name = \"Harbour Street\"");
    }
    let name = section.name("name");
    let zone = section.required_text("time_zone", "time_zone = \"Europe/Berlin\"");
    let time_zone = zone.and_then(|zone| time_zone(section, &zone));
    let data_dir = section.required_text("data_dir", "data_dir = \"/var/lib/gatehouse\"");
    let data_dir = data_dir.map(|text| {
        let path = section.review.path(text.get_ref());
        check_data_dir(section, &text, &path);
        path
    });
    Some(Site { name: name?, time_zone: time_zone?, data_dir: data_dir? })
}

fn time_zone(section: &Section<'_, '_>, name: &Spanned<&str>) -> Option<TimeZone> {
    match jiff::tz::db().get(name.get_ref()) {
        Ok(zone) => Some(zone),
        Err(_) => {
            let problem = Problem::at(name.span(), format!("no time zone is called \"{}\"", name.get_ref()));
            section.review.note(match similar_time_zone(name.get_ref()) {
                Some(near) => problem.help(format!("did you mean \"{near}\"?")),
                None => problem.help("use a name of the IANA list, such as \"Europe/Berlin\" or \"UTC\""),
            });
            None
        }
    }
}

/// The IANA name that somebody may have meant, by the whole name or by the place alone: "Berlin" is enough to find
/// "Europe/Berlin".
pub fn similar_time_zone(name: &str) -> Option<String> {
    let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let place = name.replace(' ', "_");
    let by_place = |zone: &&String| {
        zone.rsplit_once('/').is_some_and(|(region, last)| {
            matches!(region, "Africa" | "America" | "Asia" | "Atlantic" | "Australia" | "Europe" | "Pacific")
                && last.eq_ignore_ascii_case(&place)
        })
    };
    let near = zones.iter().find(by_place).map(String::as_str);
    near.or_else(|| closest(&place, zones.iter().map(String::as_str))).map(ToOwned::to_owned)
}

fn check_data_dir(section: &Section<'_, '_>, text: &Spanned<&str>, path: &Path) {
    let socket_len = path.join(SOCKET_NAME).as_os_str().as_bytes().len();
    if socket_len > MAX_SOCKET_PATH_LEN {
        let excess = socket_len - MAX_SOCKET_PATH_LEN;
        let message = format!("`data_dir` is {excess} bytes too long for the socket that is made in it");
        section.review.note(Problem::at(text.span(), message).help("choose a folder with a shorter path"));
    }
    if section.review.files == NamedFiles::Checked && path.exists() && !path.is_dir() {
        let message = format!("`data_dir` is {}, which is not a folder", path.display());
        section.review.note(Problem::at(text.span(), message));
    }
}
