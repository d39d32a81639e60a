//! The installer's form.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::api;
use super::super::form::form;
use super::super::guard::PageUser;
use super::super::slot::Slot;
use super::super::state::WebState;
use super::boxed::error as error_page;

/// What the form sends.
#[derive(Deserialize)]
struct InstallModeForm {
    minutes: u64,
}

/// `POST /controllers/{id}/install-mode`
pub(in super::super) async fn open_install_mode(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    slot: Slot,
    request: Request,
) -> Response {
    let opened = match form::<InstallModeForm>(request).await {
        Ok(InstallModeForm { minutes }) => {
            slot.what(format!("the controller {id} may be given a new key, for {minutes} minutes"));
            api::open(&state, &principal, &id, minutes).await
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(_) => Redirect::to("/#controllers").into_response(),
        Err(error) => error_page(&state, &error),
    }
}
