//! What somebody probably meant.

/// Nothing is near a longer text, in bytes: the search takes time and memory by its length.
const MAX_LEN: usize = 200;

/// The candidate that a slip of the finger turns into `text`, or that `text` is a part of.
pub fn closest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<&'a str> {
    if text.len() > MAX_LEN {
        return None;
    }
    let text = text.to_lowercase();
    let candidates = candidates.into_iter();
    let slips = |candidate: &str| strsim::damerau_levenshtein(&text, &candidate.to_lowercase());
    let allowed = (text.chars().count() / 3).max(1);
    let ranked = candidates.clone().map(|candidate| (slips(candidate), candidate));
    let slip = ranked.min_by_key(|(slips, _)| *slips).filter(|(slips, _)| *slips <= allowed);
    let longer = |candidate: &&str| text.len() > 2 && candidate.to_lowercase().contains(&text);
    slip.map(|(_, near)| near).or_else(|| candidates.clone().find(longer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_and_a_part_find_what_was_meant_and_an_endless_text_nothing() {
        let doors = ["lobby-main", "dock-roller"];
        assert_eq!(closest("lobby-mian", doors), Some("lobby-main"));
        assert_eq!(closest("DOCK", doors), Some("dock-roller"));
        assert_eq!(closest("roof", doors), None);
        let endless = "x".repeat(1 << 20);
        assert_eq!(closest(&endless, [endless.as_str()]), None);
    }
}
