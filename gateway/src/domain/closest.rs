//! What somebody probably meant.

/// The candidate that a slip of the finger turns into `text`, or that `text` is a part of.
pub fn closest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<&'a str> {
    let text = text.to_lowercase();
    let candidates = candidates.into_iter();
    let slips = |candidate: &str| strsim::damerau_levenshtein(&text, &candidate.to_lowercase());
    let allowed = (text.chars().count() / 3).max(1);
    let ranked = candidates.clone().map(|candidate| (slips(candidate), candidate));
    let slip = ranked.min_by_key(|(slips, _)| *slips).filter(|(slips, _)| *slips <= allowed);
    let longer = |candidate: &&str| text.len() > 2 && candidate.to_lowercase().contains(&text);
    slip.map(|(_, near)| near).or_else(|| candidates.clone().find(longer))
}
