//! The site's access levels and rules, shown and edited.

use futures_util::future::BoxFuture;

use super::super::running::Site;
use crate::domain::{AccessEdit, AccessEdited};
use crate::operator::{AccessEditError, Actor, EditAccess};
use crate::views::{AccessView, GroupView, HoldView, ShowAccess, ShowHolds, Unreadable};

impl ShowAccess for Site {
    fn access(&self) -> BoxFuture<'_, Result<AccessView, Unreadable>> {
        self.access.access()
    }

    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, Unreadable>> {
        self.access.groups()
    }
}

impl ShowHolds for Site {
    fn holds(&self) -> BoxFuture<'_, Result<Vec<HoldView>, Unreadable>> {
        self.access.holds()
    }
}

impl EditAccess for Site {
    fn edit_access(
        &self,
        edit: AccessEdit,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AccessEdited, AccessEditError>> {
        self.access.edit_access(edit, actor)
    }
}
