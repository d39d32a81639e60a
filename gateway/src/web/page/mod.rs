//! Pages. Each is a list of parts; a part has an id, a template and what it shows; one layout takes them all.
//!
//! Templates escape everything; nothing that came from outside reaches a page in another way. A page that stays current
//! while it is open stands in [`LIVE`]; [`renderer`] renders its parts once for all who look at it.

mod alarms;
mod audit;
mod boxed;
mod install_mode;
mod layout;
mod one_time;
mod operations;
mod part;
mod renderer;
mod sign_in;
mod sources;
mod status;
mod token;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::state::WebState;
use crate::store::users::Role;

pub(super) use alarms::handle_alarm;
pub(super) use audit::audit;
pub(super) use boxed::not_found;
pub(super) use install_mode::open_install_mode;
pub(super) use one_time::OneTime;
pub(super) use operations::operations;
pub(super) use part::{Rendered, Telling};
pub(super) use renderer::Renderer;
pub(super) use sign_in::{sign_in, sign_in_form, sign_out};
pub(super) use sources::{letter, sources};
pub(super) use status::status;
pub(super) use token::{re_authenticate, show_token};

/// A page that stays current while it is open.
pub(super) struct LivePage {
    /// What `/live?page=` calls it.
    pub(super) name: &'static str,
    render: for<'a> fn(&'a WebState, Role, Telling) -> Rendering<'a>,
}

/// Its parts, once what they show has been read.
type Rendering<'a> = BoxFuture<'a, askama::Result<Vec<Rendered>>>;

/// All of them.
pub(super) const LIVE: &[LivePage] = &[status::PAGE];

impl LivePage {
    /// Its parts now, as `role` may see them.
    pub(super) async fn parts(
        &self,
        state: &WebState,
        role: Role,
        telling: Telling,
    ) -> askama::Result<Arc<Vec<Rendered>>> {
        // The number is read before the view is taken, so a change in between is rendered again, never missed.
        let change = state.views.change();
        let render = (self.render)(state, role, telling);
        state.renderer.parts((self.name, role, telling), change, render).await
    }
}
