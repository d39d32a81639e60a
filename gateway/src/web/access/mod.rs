//! Access levels and rules over the API: all read, managers write.
//!
//! Whoever changes or deletes something says by `If-Match` which state they have seen, so that nobody undoes unawares
//! what somebody else has done meanwhile.

mod listed;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use listed::Listed;

use super::answers::{AccessImported, Groups};
use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::query::{Asked, Parameters};
use super::slot::{Slot, difference};
use super::state::WebState;
use crate::domain::{AccessEdit, AccessEdited, AccessImport, BasedOn, Revision, Target};
use crate::store::users::Role;
use crate::views::AccessView;

type Answer = Result<Response, ApiError>;
type Body = Result<Json<Value>, JsonRejection>;

const IMPORT_BODY: &str = "Send {\"access_levels\": […], \"rules\": […]} as application/json, all by name.";

/// `GET /api/v1/access`
pub(super) async fn all(ApiUser(_): ApiUser, State(state): State<WebState>) -> Answer {
    let access = read(&state).await?;
    Ok(tagged(StatusCode::OK, &access.tag, &access))
}

/// Whether an import only says what it would change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportQuery {
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
}

impl Parameters for ImportQuery {
    const REMEDY: &str = "The only parameter is dry_run, true or false.";
}

/// `PUT /api/v1/access`
pub(super) async fn import(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Asked(ImportQuery { dry_run }): Asked<ImportQuery>,
    slot: Slot,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    principal.require(Role::Manager)?;
    let based_on = if_match(&headers)?;
    let wanted: AccessImport = taken(body, IMPORT_BODY)?;
    let edited = edit(&state, &principal, AccessEdit::Import { wanted, based_on, dry_run }).await?;
    let (changes, doors) = match edited {
        AccessEdited::Imported(changes) => (changes, None),
        AccessEdited::WouldImport(changes, doors) => (changes, Some(doors)),
        _ => return Err(ApiError::not_found()),
    };
    let tried = if dry_run { "tried, and nothing changed: " } else { "" };
    let steps = changes.iter().map(|step| format!("{} {}", step.action.word(), step.what));
    slot.what(format!("{tried}{}", steps.collect::<Vec<_>>().join("; ")));
    let AccessView { tag, effect, .. } = read(&state).await?;
    let imported = AccessImported { tag, effect, dry_run, changes, doors };
    Ok(tagged(StatusCode::OK, &imported.tag, &imported))
}

/// `GET /api/v1/groups`
pub(super) async fn groups(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
) -> Result<Json<Groups>, ApiError> {
    let groups = state.views.groups().await?;
    Ok(Json(Groups { groups }))
}

/// `GET /api/v1/LIST`
pub(super) async fn list<T: Listed>(ApiUser(_): ApiUser, State(state): State<WebState>) -> Answer {
    let access = read(&state).await?;
    Ok(Json(T::list(access.effect, T::all(access))).into_response())
}

/// `GET /api/v1/LIST/{id}`
pub(super) async fn one<T: Listed>(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Answer {
    show::<T>(&state, StatusCode::OK, id_of::<T>(&id)?).await
}

/// `POST /api/v1/LIST`
pub(super) async fn create<T: Listed>(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    slot: Slot,
    body: Body,
) -> Answer {
    principal.require(Role::Manager)?;
    let wanted = T::put(Target::New, taken(body, T::BODY)?);
    let edited = edit(&state, &principal, wanted).await?;
    let id = T::written(&edited).ok_or_else(ApiError::not_found)?;
    let after = found::<T>(&state, id).await?;
    note(&slot, None, after.as_ref());
    let made = show::<T>(&state, StatusCode::CREATED, id).await?;
    Ok(([(LOCATION, format!("/api/v1/{}/{id}", T::PATH))], made).into_response())
}

/// `PUT /api/v1/LIST/{id}`
pub(super) async fn replace<T: Listed>(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    slot: Slot,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    principal.require(Role::Manager)?;
    let id = id_of::<T>(&id)?;
    let target = Target::Existing(id, if_match(&headers)?);
    let before = found::<T>(&state, id).await?;
    edit(&state, &principal, T::put(target, taken(body, T::BODY)?)).await?;
    let after = found::<T>(&state, id).await?;
    note(&slot, before.as_ref(), after.as_ref());
    show::<T>(&state, StatusCode::OK, id).await
}

/// `DELETE /api/v1/LIST/{id}`
pub(super) async fn delete<T: Listed>(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    slot: Slot,
    headers: HeaderMap,
) -> Answer {
    principal.require(Role::Manager)?;
    let id = id_of::<T>(&id)?;
    let wanted = T::delete(id, if_match(&headers)?);
    let before = found::<T>(&state, id).await?;
    edit(&state, &principal, wanted).await?;
    note(&slot, before.as_ref(), None);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn read(state: &WebState) -> Result<AccessView, ApiError> {
    Ok(state.views.access().await?)
}

async fn edit(state: &WebState, principal: &Principal, edit: AccessEdit) -> Result<AccessEdited, ApiError> {
    Ok(state.operator.edit_access(edit, &principal.actor).await?)
}

async fn show<T: Listed>(state: &WebState, status: StatusCode, id: T::Id) -> Answer {
    let entry = found::<T>(state, id).await?.ok_or_else(|| no_such::<T>(&id.to_string()))?;
    Ok(tagged(status, entry.revision(), &entry))
}

async fn found<T: Listed>(state: &WebState, id: T::Id) -> Result<Option<T>, ApiError> {
    Ok(T::all(read(state).await?).into_iter().find(|entry| entry.id() == id))
}

/// For the audit log: what it was before and is after.
fn note<T: Listed>(slot: &Slot, before: Option<&T>, after: Option<&T>) {
    slot.what(format!("{}: {}", T::WHAT, difference(before, after)));
}

fn tagged(status: StatusCode, tag: impl Into<Tag>, body: &impl Serialize) -> Response {
    let Tag(tag) = tag.into();
    (status, [(ETAG, format!("\"{tag}\""))], Json(body)).into_response()
}

/// What stands between the quotes of an entity tag.
struct Tag(String);

impl From<&String> for Tag {
    fn from(tag: &String) -> Self {
        Self(tag.clone())
    }
}

impl From<Revision> for Tag {
    fn from(revision: Revision) -> Self {
        Self(revision.to_string())
    }
}

fn id_of<T: Listed>(id: &str) -> Result<T::Id, ApiError> {
    id.parse().map_err(|_| no_such::<T>(id))
}

fn no_such<T: Listed>(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no such {}", T::WHAT))
        .at("id", id)
        .remedy(format!("GET /api/v1/{} lists those that there are.", T::PATH))
}

pub(super) fn taken<T: DeserializeOwned>(body: Body, remedy: &str) -> Result<T, ApiError> {
    let Json(body) = body.map_err(|rejection| ApiError::unreadable(&rejection, remedy))?;
    if !has_names(&body) {
        let message = "every part of the body must be an object, whose members have names";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message).remedy(remedy));
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        let (field, message) = (error.path().to_string(), error.inner().to_string());
        ApiError::new(StatusCode::BAD_REQUEST, message).about(field).remedy(remedy)
    })
}

/// Whether it is an object, and so down to the last list: serde would take a list for an object whose members come in order.
fn has_names(body: &Value) -> bool {
    let holds_no_list = |value: &Value| match value {
        Value::Array(items) => {
            items.iter().all(|item| !item.is_array() && (!item.is_object() || has_names(item)))
        }
        _ => true,
    };
    body.as_object().is_some_and(|members| members.values().all(holds_no_list))
}

/// The states that the sender has seen (RFC 9110, 13.1.1). Weak tags are taken as well: ours are all strong.
fn if_match(headers: &HeaderMap) -> Result<BasedOn, ApiError> {
    let sent: Vec<_> = headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
    if sent.is_empty() {
        let message = "say which state you have seen";
        return Err(ApiError::new(StatusCode::PRECONDITION_REQUIRED, message)
            .at("If-Match", "")
            .remedy("Send the ETag of your last GET as If-Match, or * to do it in any case."));
    }
    let tags = sent.iter().flat_map(|line| line.split(',')).map(str::trim);
    if tags.clone().any(|tag| tag == "*") {
        return Ok(BasedOn::Any);
    }
    Ok(BasedOn::Tags(tags.map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned()).collect()))
}
