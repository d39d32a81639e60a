//! Access levels and rules over the API: all read, managers write.
//!
//! Whoever changes or deletes something says by `If-Match` which state they have seen, so that nobody undoes unawares
//! what somebody else has done meanwhile.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::state::WebState;
use crate::domain::{
    AccessEdit, AccessEdited, AccessImport, AccessLevelDraft, AccessLevelId, BasedOn, Revision, RuleDraft,
    RuleId, Target,
};
use crate::store::users::Role;
use crate::views::{AccessLevelView, AccessView, RuleView, RulesEffect};

type Answer = Result<Response, ApiError>;
type Body<T> = Result<Json<T>, JsonRejection>;

const LEVEL_BODY: &str = "Send {\"name\": \"Staff\", \"doors\": [{\"door\": \"ID\", \"schedule\": \"always\"}]} as application/json.";
const RULE_BODY: &str = "Send {\"group\": \"ID\", \"access_level\": \"ID\"} as application/json.";
const IMPORT_BODY: &str = "Send {\"access_levels\": […], \"rules\": […]} as application/json, all by name.";

/// `GET /api/v1/access`
pub(super) async fn all(ApiUser(_): ApiUser, State(state): State<WebState>) -> Answer {
    let access = read(&state).await?;
    Ok(tagged(StatusCode::OK, &access.tag, &access))
}

/// Whether an import only says what it would change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportQuery {
    #[serde(default)]
    dry_run: bool,
}

/// `PUT /api/v1/access`
pub(super) async fn import(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body<AccessImport>,
) -> Answer {
    principal.require(Role::Manager)?;
    let Query(ImportQuery { dry_run }) = query.map_err(|rejection| {
        let told = ApiError::new(StatusCode::BAD_REQUEST, rejection.body_text());
        told.remedy("The only parameter is dry_run, true or false.")
    })?;
    let based_on = if_match(&headers)?;
    let wanted = taken(body, IMPORT_BODY)?;
    let edited = edit(&state, &principal, AccessEdit::Import { wanted, based_on, dry_run }).await?;
    let AccessEdited::Imported(changes) = edited else { return Err(ApiError::not_found()) };
    let AccessView { tag, effect: RulesEffect { applied, note }, .. } = read(&state).await?;
    let answer =
        json!({ "tag": tag, "applied": applied, "note": note, "dry_run": dry_run, "changes": changes });
    Ok(tagged(StatusCode::OK, &tag, &answer))
}

/// `GET /api/v1/groups`
pub(super) async fn groups(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
) -> Result<Json<Value>, ApiError> {
    let groups = state.source.access().groups().await?;
    Ok(Json(json!({ "groups": groups })))
}

/// `GET /api/v1/access-levels`
pub(super) async fn levels(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
) -> Result<Json<Value>, ApiError> {
    let AccessView { effect, access_levels, .. } = read(&state).await?;
    Ok(Json(json!({ "applied": effect.applied, "note": effect.note, "access_levels": access_levels })))
}

/// `GET /api/v1/access-levels/{id}`
pub(super) async fn level(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Answer {
    show_level(&state, StatusCode::OK, level_id(&id)?).await
}

/// `POST /api/v1/access-levels`
pub(super) async fn create_level(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    body: Body<AccessLevelDraft>,
) -> Answer {
    principal.require(Role::Manager)?;
    let wanted = AccessEdit::PutLevel(Target::New, taken(body, LEVEL_BODY)?);
    let AccessEdited::Level(id) = edit(&state, &principal, wanted).await? else {
        return Err(ApiError::not_found());
    };
    let made = show_level(&state, StatusCode::CREATED, id).await?;
    Ok(([(LOCATION, format!("/api/v1/access-levels/{id}"))], made).into_response())
}

/// `PUT /api/v1/access-levels/{id}`
pub(super) async fn replace_level(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<AccessLevelDraft>,
) -> Answer {
    principal.require(Role::Manager)?;
    let id = level_id(&id)?;
    let target = Target::Existing(id, if_match(&headers)?);
    edit(&state, &principal, AccessEdit::PutLevel(target, taken(body, LEVEL_BODY)?)).await?;
    show_level(&state, StatusCode::OK, id).await
}

/// `DELETE /api/v1/access-levels/{id}`
pub(super) async fn delete_level(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    principal.require(Role::Manager)?;
    let wanted = AccessEdit::DeleteLevel(level_id(&id)?, if_match(&headers)?);
    edit(&state, &principal, wanted).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/v1/rules`
pub(super) async fn rules(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
) -> Result<Json<Value>, ApiError> {
    let AccessView { effect, rules, .. } = read(&state).await?;
    Ok(Json(json!({ "applied": effect.applied, "note": effect.note, "rules": rules })))
}

/// `GET /api/v1/rules/{id}`
pub(super) async fn rule(
    ApiUser(_): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Answer {
    show_rule(&state, StatusCode::OK, rule_id(&id)?).await
}

/// `POST /api/v1/rules`
pub(super) async fn create_rule(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    body: Body<RuleDraft>,
) -> Answer {
    principal.require(Role::Manager)?;
    let wanted = AccessEdit::PutRule(Target::New, taken(body, RULE_BODY)?);
    let AccessEdited::Rule(id) = edit(&state, &principal, wanted).await? else {
        return Err(ApiError::not_found());
    };
    let made = show_rule(&state, StatusCode::CREATED, id).await?;
    Ok(([(LOCATION, format!("/api/v1/rules/{id}"))], made).into_response())
}

/// `PUT /api/v1/rules/{id}`
pub(super) async fn replace_rule(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<RuleDraft>,
) -> Answer {
    principal.require(Role::Manager)?;
    let id = rule_id(&id)?;
    let target = Target::Existing(id, if_match(&headers)?);
    edit(&state, &principal, AccessEdit::PutRule(target, taken(body, RULE_BODY)?)).await?;
    show_rule(&state, StatusCode::OK, id).await
}

/// `DELETE /api/v1/rules/{id}`
pub(super) async fn delete_rule(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    principal.require(Role::Manager)?;
    let wanted = AccessEdit::DeleteRule(rule_id(&id)?, if_match(&headers)?);
    edit(&state, &principal, wanted).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn read(state: &WebState) -> Result<AccessView, ApiError> {
    Ok(state.source.access().read().await?)
}

async fn edit(state: &WebState, principal: &Principal, edit: AccessEdit) -> Result<AccessEdited, ApiError> {
    Ok(state.source.access().edit(edit, &principal.actor).await?)
}

async fn show_level(state: &WebState, status: StatusCode, id: AccessLevelId) -> Answer {
    let found = read(state).await?.access_levels.into_iter().find(|level: &AccessLevelView| level.id == id);
    let level = found.ok_or_else(|| no_such("access level", &id.to_string(), "access-levels"))?;
    Ok(tagged(status, level.revision, &level))
}

async fn show_rule(state: &WebState, status: StatusCode, id: RuleId) -> Answer {
    let found = read(state).await?.rules.into_iter().find(|rule: &RuleView| rule.id == id);
    let rule = found.ok_or_else(|| no_such("rule", &id.to_string(), "rules"))?;
    Ok(tagged(status, rule.revision, &rule))
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

fn level_id(id: &str) -> Result<AccessLevelId, ApiError> {
    id.parse().map_err(|_| no_such("access level", id, "access-levels"))
}

fn rule_id(id: &str) -> Result<RuleId, ApiError> {
    id.parse().map_err(|_| no_such("rule", id, "rules"))
}

fn no_such(what: &str, id: &str, list: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
        .at("id", id)
        .remedy(format!("GET /api/v1/{list} lists those that there are."))
}

fn taken<T>(body: Body<T>, remedy: &str) -> Result<T, ApiError> {
    body.map(|Json(body)| body).map_err(|rejection| ApiError::unreadable(&rejection, remedy))
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
