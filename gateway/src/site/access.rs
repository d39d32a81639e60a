//! Access levels and rules between those who edit them and the directory.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::clock;
use crate::config::Config;
use crate::domain::{AccessEdit, AccessEdited, AccessLevel, Origin};
use crate::operator::{AccessEditError, Actor, EditAccess};
use crate::sources::Moment;
use crate::sources::access::{self, Doors, EditError, LevelsAndRules};
use crate::store::{CommitError, Directory, StoreError, View};
use crate::views::{
    AccessLevelView, AccessView, DoorScheduleView, GroupView, RuleView, RulesEffect, ShowAccess, Unreadable,
};

/// The directory's access levels and rules, for a site with these doors.
pub struct AccessRules {
    directory: Directory,
    doors: Arc<Doors>,
}

impl AccessRules {
    /// For this directory and these doors.
    pub fn new(directory: Directory, doors: Doors) -> Self {
        Self { directory, doors: Arc::new(doors) }
    }

    /// The doors of a configuration.
    pub fn doors_of(config: &Config) -> Doors {
        let doors = config.controllers.iter().flat_map(|controller| &controller.doors);
        doors.map(|door| (door.id.clone(), door.name.clone())).collect()
    }

    /// Reads where waiting for the disk harms nobody.
    fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>, &Doors) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, Unreadable>> {
        let doors = Arc::clone(&self.doors);
        let read = self.directory.query(move |view| read(view, &doors));
        Box::pin(async move { read.await.map_err(|error: StoreError| Unreadable(told(&error))) })
    }
}

impl ShowAccess for AccessRules {
    fn access(&self) -> BoxFuture<'_, Result<AccessView, Unreadable>> {
        self.reading(|view, doors| shown(view, &LevelsAndRules::read(view)?, doors))
    }

    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, Unreadable>> {
        self.reading(|view, _| {
            let shown = |group: crate::domain::Group| GroupView {
                id: group.id,
                display_name: group.display_name,
                external_id: group.external_id,
            };
            let mut groups =
                view.groups(None).map(|group| group.map(shown)).collect::<Result<Vec<_>, _>>()?;
            groups.sort_by_cached_key(|group| crate::domain::fold_case(&group.display_name));
            Ok(groups)
        })
    }
}

impl EditAccess for AccessRules {
    fn edit_access(
        &self,
        edit: AccessEdit,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AccessEdited, AccessEditError>> {
        let origin = match actor {
            Actor::Account(user) => Origin::Page { user: user.clone() },
            Actor::LocalOperator => Origin::CommandLine,
        };
        let (doors, at) = (Arc::clone(&self.doors), clock::now());
        Box::pin(async move {
            let by = origin.clone();
            let plan = move |view: &View<'_>, revision| {
                let planned = access::plan(view, Moment { at, revision, by: &by }, &doors, edit)?;
                if !planned.0.is_empty() {
                    tracing::info!(editor = ?by, %revision, "access levels or rules are edited");
                }
                Ok(planned)
            };
            match self.directory.commit(origin, at, plan).await {
                Ok(committed) => Ok(committed.value),
                Err(CommitError::Plan(EditError::Refused(refused))) => Err(AccessEditError::Refused(refused)),
                Err(error) => Err(AccessEditError::Unavailable(told(&error))),
            }
        })
    }
}

fn told(error: &dyn std::error::Error) -> String {
    tracing::error!(%error, "access levels and rules can't be used");
    error.to_string()
}

fn shown(view: &View<'_>, known: &LevelsAndRules, doors: &Doors) -> Result<AccessView, StoreError> {
    let mut access_levels: Vec<_> = known.levels.iter().map(|level| level_view(level, doors)).collect();
    access_levels.sort_by_cached_key(|level| crate::domain::fold_case(&level.name));
    let mut rules = Vec::new();
    for rule in &known.rules {
        rules.push(RuleView {
            id: rule.id,
            group: rule.group,
            group_name: view.group(rule.group)?.map(|group| group.display_name).unwrap_or_default(),
            access_level: rule.access_level,
            access_level_name: known
                .level(rule.access_level)
                .map(|level| level.name.to_string())
                .unwrap_or_default(),
            applied: RulesEffect::NONE.applied,
            created: rule.created,
            modified: rule.modified,
            revision: rule.revision,
        });
    }
    rules.sort_by(|a, b| (&a.group_name, &a.access_level_name).cmp(&(&b.group_name, &b.access_level_name)));
    Ok(AccessView { tag: known.tag(), effect: RulesEffect::NONE, access_levels, rules })
}

fn level_view(level: &AccessLevel, doors: &Doors) -> AccessLevelView {
    let door = |door: &crate::domain::DoorSchedule| DoorScheduleView {
        door: door.door.clone(),
        door_name: doors.get(&door.door).cloned(),
        schedule: door.schedule,
    };
    AccessLevelView {
        id: level.id,
        name: level.name.to_string(),
        doors: level.doors.iter().map(door).collect(),
        created: level.created,
        modified: level.modified,
        revision: level.revision,
    }
}
