//! Something under its number, in a list that is sorted by it.

/// Something that others name by its number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Numbered<T> {
    /// The number.
    pub number: u8,
    /// What has it.
    pub value: T,
}

impl<T> Numbered<T> {
    /// The one with that number in a list that is sorted by number.
    pub fn find(list: &[Self], number: u8) -> Option<&T> {
        let at = list.binary_search_by_key(&number, |item| item.number).ok()?;
        Some(&list[at].value)
    }
}
