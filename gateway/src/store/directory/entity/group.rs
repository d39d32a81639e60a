//! Groups, found by name and external identifier. Their members are relations, not theirs.

use super::{Entity, IndexRow};
use crate::domain::{Group, GroupId, fold_case};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::{self, kind};

impl Entity for Group {
    type Id = GroupId;
    const KIND: u8 = kind::GROUP;
    const COUNTED: Option<fn(&Counts) -> u64> = Some(|counts| counts.groups);

    fn id(&self) -> GroupId {
        self.id
    }

    fn index(&self) -> Vec<IndexRow> {
        let row = |kind, text: &str| IndexRow::plain(rows::text_key(kind, text, self.id.0));
        let name = row(kind::GROUP_NAME, &fold_case(&self.display_name));
        let external = self.external_id.as_deref().map(|external| row(kind::GROUP_EXTERNAL_ID, external));
        [name].into_iter().chain(external).collect()
    }

    fn counts(&self) -> Counts {
        Counts { groups: 1, ..Counts::NONE }
    }
}
