//! How access levels and rules differ to the API: names, drafts, and the edits they become.

use std::fmt::Display;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::answers::{AccessLevels, Rules};
use crate::domain::{
    AccessEdit, AccessEdited, AccessLevelDraft, AccessLevelId, BasedOn, Revision, RuleDraft, RuleId, Target,
};
use crate::views::{AccessLevelView, AccessView, RuleView, RulesEffect};

/// What the API serves as a list of its own.
pub(in super::super) trait Listed: Serialize + JsonSchema + Send + Sized + 'static {
    /// Its identifier.
    type Id: Copy + PartialEq + Display + FromStr + JsonSchema + Send;
    /// What a client sends.
    type Draft: DeserializeOwned + JsonSchema + Send + 'static;
    /// All of them, as they are answered.
    type List: Serialize + JsonSchema;
    /// What it is called in messages.
    const WHAT: &str;
    /// What the list is called, in paths.
    const PATH: &str;
    /// What a client should send.
    const BODY: &str;

    /// The answer with these.
    fn list(effect: RulesEffect, all: Vec<Self>) -> Self::List;
    /// All that there are.
    fn all(access: AccessView) -> Vec<Self>;
    /// Which one this is.
    fn id(&self) -> Self::Id;
    /// The revision that changed it last, which is its entity tag.
    fn revision(&self) -> Revision;
    /// The edit that writes one.
    fn put(target: Target<Self::Id>, draft: Self::Draft) -> AccessEdit;
    /// The edit that removes one.
    fn delete(id: Self::Id, based_on: BasedOn) -> AccessEdit;
    /// Which one was written.
    fn written(edited: &AccessEdited) -> Option<Self::Id>;
}

impl Listed for AccessLevelView {
    type Id = AccessLevelId;
    type Draft = AccessLevelDraft;
    type List = AccessLevels;
    const WHAT: &str = "access level";
    const PATH: &str = "access-levels";
    const BODY: &str = "Send {\"name\": \"Staff\", \"doors\": [{\"door\": \"ID\", \"schedule\": \"always\"}]} as application/json.";

    fn list(effect: RulesEffect, access_levels: Vec<Self>) -> AccessLevels {
        AccessLevels { effect, access_levels }
    }

    fn all(access: AccessView) -> Vec<Self> {
        access.access_levels
    }

    fn id(&self) -> AccessLevelId {
        self.id
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn put(target: Target<AccessLevelId>, draft: AccessLevelDraft) -> AccessEdit {
        AccessEdit::PutLevel(target, draft)
    }

    fn delete(id: AccessLevelId, based_on: BasedOn) -> AccessEdit {
        AccessEdit::DeleteLevel(id, based_on)
    }

    fn written(edited: &AccessEdited) -> Option<AccessLevelId> {
        if let AccessEdited::Level(id) = edited { Some(*id) } else { None }
    }
}

impl Listed for RuleView {
    type Id = RuleId;
    type Draft = RuleDraft;
    type List = Rules;
    const WHAT: &str = "rule";
    const PATH: &str = "rules";
    const BODY: &str = "Send {\"group\": \"ID\", \"access_level\": \"ID\"} as application/json, or \"everyone\": true or \"person\": \"ID\" instead of a group.";

    fn list(effect: RulesEffect, rules: Vec<Self>) -> Rules {
        Rules { effect, rules }
    }

    fn all(access: AccessView) -> Vec<Self> {
        access.rules
    }

    fn id(&self) -> RuleId {
        self.id
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    fn put(target: Target<RuleId>, draft: RuleDraft) -> AccessEdit {
        AccessEdit::PutRule(target, draft)
    }

    fn delete(id: RuleId, based_on: BasedOn) -> AccessEdit {
        AccessEdit::DeleteRule(id, based_on)
    }

    fn written(edited: &AccessEdited) -> Option<RuleId> {
        if let AccessEdited::Rule(id) = edited { Some(*id) } else { None }
    }
}
