//! Versions of resources as entity tags (RFC 7644, 3.14).

use crate::domain::Revision;

/// The version of what a revision changed last.
pub(in super::super) fn etag(revision: Revision) -> String {
    format!("W/\"{revision}\"")
}

/// Whether a list of entity tags, as in `If-Match`, names this version. Weak comparison (RFC 9110, 8.8.3.2).
pub(in super::super) fn meets(tags: &str, revision: Revision) -> bool {
    let version = revision.to_string();
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_meets_its_own_tag_and_no_other() {
        let revision = Revision(42);
        assert!(meets(&etag(revision), revision));
        assert!(meets("\"7\", W/\"42\"", revision));
        assert!(meets("*", revision));
        assert!(!meets("W/\"4\"", revision));
        assert!(!meets("", revision));
    }
}
