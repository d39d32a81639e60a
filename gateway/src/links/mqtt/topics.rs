//! Which topics are a device's: what it says and hears, as filters. The subscriptions of the gateway, the rights of the
//! broker inside and the access list of one beside it are all made from these.

/// What a device says and hears.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Topics {
    /// What it says and the gateway listens to.
    pub said: Vec<String>,
    /// What the gateway tells it.
    pub told: Vec<String>,
    /// What it says besides, to whoever listens.
    pub also_said: Vec<String>,
    /// What it listens to besides.
    pub also_heard: Vec<String>,
}

impl Topics {
    /// Whether the device may publish to a topic.
    pub fn may_say(&self, topic: &str) -> bool {
        self.said.iter().chain(&self.also_said).any(|filter| takes_in(filter, topic))
    }

    /// Whether the device may subscribe to a filter.
    pub fn may_hear(&self, asked: &str) -> bool {
        self.told.iter().chain(&self.also_heard).any(|filter| takes_in(filter, asked))
    }
}

/// Whether everything that a topic or a filter matches is matched by another filter too.
pub fn takes_in(filter: &str, other: &str) -> bool {
    let (mut ours, mut theirs) = (filter.split('/'), other.split('/'));
    loop {
        return match (ours.next(), theirs.next()) {
            (Some("#"), _) => true,
            (Some("+"), Some(level)) if level != "#" => continue,
            (Some(our), Some(their)) if our == their && their != "+" => continue,
            (None, None) => true,
            _ => false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_in_what_it_matches_and_no_wider_filter() {
        for (filter, other) in [
            ("a/b", "a/b"),
            ("a/+", "a/b"),
            ("a/+/c", "a/+/c"),
            ("a/#", "a/b/c"),
            ("a/#", "a/+/c"),
            ("a/#", "a/#"),
            ("/a/send", "/a/send"),
        ] {
            assert!(takes_in(filter, other), "{filter} {other}");
        }
        for (filter, other) in [
            ("a/b", "a/+"),
            ("a/b", "a/b/c"),
            ("a/b/c", "a/b"),
            ("a/+", "a/#"),
            ("a/+", "#"),
            ("a/#", "b/#"),
            ("a/b", "#"),
            ("/a", "a"),
        ] {
            assert!(!takes_in(filter, other), "{filter} {other}");
        }
    }
}
