//! A group as a SCIM Group. Its members are relations of the directory, never part of its document.

use serde_json::Value;

use super::super::document::Document;
use super::super::error::ScimError;
use super::super::patch::{MemberEdit, Patch, ids_in};
use super::super::schema::GROUP;
use super::attributes::{add_common, put_text, rest, take_required, take_text};
use super::memberships::{Memberships, member};
use super::version::Condition;
use crate::domain::{Change, Group, GroupId};
use crate::sources::Moment;
use crate::store::View;

/// A plan's result.
type Plan = Result<(Vec<Change>, Written), ScimError>;

/// A group afterwards.
pub(super) struct Written {
    pub(super) group: Group,
    /// What was asked for and not done, in words.
    pub(super) passed_over: Option<String>,
}

/// A group as clients see it, apart from its members.
pub(in super::super) fn present(group: &Group, base: &str) -> Document {
    let mut document = document_of(group);
    let times = (group.created, group.modified, group.revision);
    add_common(&GROUP, &mut document, &group.id.to_string(), base, times);
    document
}

/// A group's members, as clients see them. Costs a look at each.
pub(in super::super) fn members(view: &View<'_>, id: GroupId, base: &str) -> Result<Vec<Value>, ScimError> {
    Ok(view.members(id, None).map(|id| id.map(|id| member(id, base))).collect::<Result<_, _>>()?)
}

/// What clients may change of a group, members apart.
fn document_of(group: &Group) -> Document {
    let mut document = group.attributes.clone();
    document.insert("displayName".into(), group.display_name.as_str().into());
    put_text(&mut document, "externalId", group.external_id.as_deref());
    document
}

fn group_from(
    mut document: Document,
    id: GroupId,
    now: Moment<'_>,
    before: Option<&Group>,
) -> Result<Group, ScimError> {
    Ok(Group {
        id,
        display_name: take_required(&mut document, "displayName")?,
        external_id: take_text(&mut document, "externalId")?,
        attributes: rest(document)?,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    })
}

/// Plans a new group.
pub(in super::super) fn create(view: &View<'_>, now: Moment<'_>, id: GroupId, mut sent: Document) -> Plan {
    let members = take_members(&mut sent);
    let group = group_from(sent, id, now, None)?;
    write(view, None, group, vec![MemberEdit::Add(members)])
}

/// Plans a group's replacement, members included: none are named, none stay.
pub(in super::super) fn replace(
    view: &View<'_>,
    now: Moment<'_>,
    (id, condition): (GroupId, &Condition),
    mut sent: Document,
) -> Plan {
    let before = find(view, id, condition)?;
    let members = take_members(&mut sent);
    let group = group_from(sent, id, now, Some(&before))?;
    write(view, Some(before), group, vec![MemberEdit::Replace(members)])
}

/// Plans a group's PATCH: all of its operations or none. Members whom the directory doesn't know are passed over.
pub(in super::super) fn patch(
    view: &View<'_>,
    now: Moment<'_>,
    (id, condition): (GroupId, &Condition),
    mut patch: Patch,
) -> Plan {
    let before = find(view, id, condition)?;
    let edits = patch.take_members(&GROUP)?;
    let mut document = document_of(&before);
    patch.apply(&GROUP, &mut document)?;
    let group = group_from(document, id, now, Some(&before))?;
    write(view, Some(before), group, edits)
}

/// Plans a group's end. Its members stay people.
pub(in super::super) fn delete(
    view: &View<'_>,
    (id, condition): (GroupId, &Condition),
) -> Result<Vec<Change>, ScimError> {
    find(view, id, condition)?;
    Ok(vec![Change::DeleteGroup { id }])
}

fn take_members(sent: &mut Document) -> Vec<String> {
    sent.remove("members").map(|members| ids_in(&members)).unwrap_or_default()
}

fn find(view: &View<'_>, id: GroupId, condition: &Condition) -> Result<Group, ScimError> {
    let group = view.group(id)?.ok_or_else(|| ScimError::NotFound(format!("Group {id} not found")))?;
    condition.check(group.revision)?;
    Ok(group)
}

fn write(view: &View<'_>, before: Option<Group>, group: Group, edits: Vec<MemberEdit>) -> Plan {
    if let Some(other) = view.group_by_display_name(&group.display_name)?
        && other.id != group.id
    {
        return Err(ScimError::Uniqueness(format!("displayName {:?} is taken", group.display_name)));
    }
    let Memberships { changes: memberships, strangers } = Memberships::of(view, group.id, edits)?;
    let passed_over = strangers.in_words(view)?;
    if let Some(before) = before {
        let same = Group { modified: before.modified, revision: before.revision, ..group.clone() } == before;
        if same && memberships.is_empty() {
            return Ok((Vec::new(), Written { group: before, passed_over }));
        }
    }
    let mut changes = vec![Change::PutGroup { group: group.clone() }];
    changes.extend(memberships);
    Ok((changes, Written { group, passed_over }))
}
