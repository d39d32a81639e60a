//! Names on the broker: `gatehouse/v1/SITE/CONTROLLER/to/…` and `…/from/…`. A controller's level is its user too.

/// What all topics begin with.
const ROOT: &str = "gatehouse/v1";

/// Longest level that is a site or a controller, in characters.
pub const MAX_LEVEL_LEN: usize = 32;

/// The gateway's own name on the broker.
pub const GATEWAY: &str = "gateway";

/// What a controller may send, below `from/`.
pub const SAID: [&str; 6] = ["state", "welcome", "answer", "actuated", "waiting", "itself"];

/// The topic of a message to a controller.
pub fn to(site: &str, controller: &str, what: &str) -> String {
    format!("{ROOT}/{site}/{controller}/to/{what}")
}

/// The topic of a message from a controller.
pub fn from(site: &str, controller: &str, what: &str) -> String {
    format!("{ROOT}/{site}/{controller}/from/{what}")
}

/// All that controllers say.
pub fn from_all(site: &str) -> String {
    from(site, "+", "+")
}

/// Who says what in this topic: the controller, and the level behind `from`.
pub fn said<'t>(site: &str, topic: &'t str) -> Option<(&'t str, &'t str)> {
    split(site, topic, "/from/")
}

fn split<'t>(site: &str, topic: &'t str, direction: &str) -> Option<(&'t str, &'t str)> {
    let rest = topic.strip_prefix(ROOT)?.strip_prefix('/')?.strip_prefix(site)?.strip_prefix('/')?;
    let (controller, what) = rest.split_once(direction)?;
    (check_level(controller) && !what.contains('/')).then_some((controller, what))
}

/// Who is told what in this topic: the controller, and the level behind `to`.
pub fn told<'t>(site: &str, topic: &'t str) -> Option<(&'t str, &'t str)> {
    split(site, topic, "/to/")
}

/// Whether a topic or a filter stands below what this user may send (`from`) or receive (`to`).
pub fn is_own(site: &str, user: &str, direction: &str, topic: &str) -> bool {
    let below = format!("{ROOT}/{site}/{user}/{direction}/");
    topic.strip_prefix(&below).is_some_and(|rest| !rest.is_empty())
}

/// Whether a text can be a site or a controller in a topic: 1 to 32 of a to z, 0 to 9 and hyphens.
pub fn check_level(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=MAX_LEVEL_LEN).contains(&text.len()) && text.chars().all(fits)
}

/// The level that is nearest to what people call something; `None` where nothing of it can stand in one.
pub fn level_of(name: &str) -> Option<String> {
    let mut level = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => level.push(c),
            _ if level.ends_with('-') || level.is_empty() => {}
            _ => level.push('-'),
        }
    }
    level.truncate(MAX_LEVEL_LEN);
    let level = level.trim_end_matches('-');
    (!level.is_empty()).then(|| level.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_controller_says_is_read_by_its_topic_and_nobody_else_s() {
        assert_eq!(said("a", &from("a", "shed", "state")), Some(("shed", "state")));
        for foreign in [to("a", "shed", "hello"), from("b", "shed", "state"), from("a", "+", "state")] {
            assert_eq!(said("a", &foreign), None, "{foreign}");
        }
        for bad in [
            "",
            "gatehouse/v1/a",
            "gatehouse/v1/a/shed/from/a/b",
            "gatehouse/v1/a//from/x",
            "gatehouse/v1/ashed/from/x",
        ] {
            assert_eq!(said("a", bad), None, "{bad}");
        }
        assert!(is_own("a", "shed", "to", &to("a", "shed", "+")));
        assert!(is_own("a", "shed", "from", &from("a", "shed", "state")));
        for foreign in [
            to("a", "shed2", "hello"),
            to("a", "+", "hello"),
            "#".to_owned(),
            "gatehouse/v1/a/shed/to/".to_owned(),
        ] {
            assert!(!is_own("a", "shed", "to", &foreign), "{foreign}");
        }
    }

    #[test]
    fn a_site_s_name_becomes_a_level_that_topics_can_have() {
        assert_eq!(level_of("Harbour Street"), Some("harbour-street".to_owned()));
        assert_eq!(level_of("  Café/No. 5 +#"), Some("caf-no-5".to_owned()));
        assert_eq!(level_of("…"), None);
        let long = level_of(&"Long name ".repeat(9)).unwrap();
        assert!(long.len() <= MAX_LEVEL_LEN && check_level(&long), "{long}");
        assert!(["a", "shed-2", "0"].iter().all(|level| check_level(level)));
        assert!(
            ["", "Shed", "a/b", "+", "#", "a b", "é", &"x".repeat(33)].iter().all(|bad| !check_level(bad))
        );
    }
}
