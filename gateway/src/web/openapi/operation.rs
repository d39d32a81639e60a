//! One operation of the API: a method at a path, what it takes and what it answers.

use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::super::error::Error;
use super::Schemas;

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What any operation may answer.
const ALWAYS: [(StatusCode, &str); 4] = [
    (StatusCode::BAD_REQUEST, "Not understood"),
    (StatusCode::UNAUTHORIZED, "Not signed in"),
    (StatusCode::TOO_MANY_REQUESTS, "Too many failed sign-ins"),
    (StatusCode::SERVICE_UNAVAILABLE, "Too many sign-ins at this moment"),
];

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    pub(super) const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Delete => "delete",
        }
    }
}

/// One operation, described.
pub(in super::super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    summary: String,
    in_path: Vec<(&'static str, SchemaOf)>,
    query: Option<SchemaOf>,
    if_match: bool,
    body: Option<SchemaOf>,
    bytes: bool,
    answer: Answer,
    refusals: Vec<(StatusCode, String)>,
}

/// What is answered when all went well.
struct Answer {
    status: StatusCode,
    description: &'static str,
    content: Option<(&'static str, SchemaOf)>,
    tagged: bool,
}

impl Operation {
    fn new(method: Method, path: &'static str, summary: &str) -> Self {
        let answer =
            Answer { status: StatusCode::NO_CONTENT, description: "Gone", content: None, tagged: false };
        let refusals = ALWAYS.map(|(status, why)| (status, why.to_owned())).into();
        Self {
            method,
            path,
            summary: summary.to_owned(),
            in_path: Vec::new(),
            query: None,
            if_match: false,
            body: None,
            bytes: false,
            answer,
            refusals,
        }
    }

    /// Reads something.
    pub(in super::super) fn get(path: &'static str, summary: &str) -> Self {
        Self::new(Method::Get, path, summary)
    }

    /// Makes or does something.
    pub(in super::super) fn post(path: &'static str, summary: &str) -> Self {
        Self::new(Method::Post, path, summary)
    }

    /// Replaces something.
    pub(in super::super) fn put(path: &'static str, summary: &str) -> Self {
        Self::new(Method::Put, path, summary)
    }

    /// Removes something.
    pub(in super::super) fn delete(path: &'static str, summary: &str) -> Self {
        Self::new(Method::Delete, path, summary)
    }

    /// The part of the path that is called so is a `T`.
    pub(in super::super) fn at<T: JsonSchema>(mut self, name: &'static str) -> Self {
        self.in_path.push((name, T::json_schema));
        self
    }

    /// Takes `T`'s members as parameters.
    pub(in super::super) fn asks<T: JsonSchema>(mut self) -> Self {
        self.query = Some(T::json_schema);
        self
    }

    /// Takes a `T` as its body.
    pub(in super::super) fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self.refuses(StatusCode::PAYLOAD_TOO_LARGE, "Too long")
            .refuses(StatusCode::UNSUPPORTED_MEDIA_TYPE, "No application/json")
    }

    /// Takes bytes as its body, whatever they mean.
    pub(in super::super) fn takes_bytes(mut self) -> Self {
        self.bytes = true;
        self.refuses(StatusCode::PAYLOAD_TOO_LARGE, "Too long")
            .refuses(StatusCode::UNSUPPORTED_MEDIA_TYPE, "No application/octet-stream")
    }

    /// Takes the state that was seen.
    pub(in super::super) fn if_match(mut self) -> Self {
        self.if_match = true;
        self.refuses(StatusCode::PRECONDITION_FAILED, "Somebody has changed it meanwhile")
            .refuses(StatusCode::PRECONDITION_REQUIRED, "No If-Match")
    }

    /// Answers a `T`.
    pub(in super::super) fn answers<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answers_as::<T>(StatusCode::OK, "application/json", description)
    }

    /// Answers that it made a `T`.
    pub(in super::super) fn makes<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answers_as::<T>(StatusCode::CREATED, "application/json", description)
    }

    /// Answers a `T` on each line.
    pub(in super::super) fn answers_lines<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answers_as::<T>(StatusCode::OK, "application/x-ndjson", description)
    }

    fn answers_as<T: JsonSchema>(
        mut self,
        status: StatusCode,
        kind: &'static str,
        description: &'static str,
    ) -> Self {
        let content = Some((kind, SchemaGenerator::subschema_for::<T> as SchemaOf));
        self.answer = Answer { status, description, content, tagged: self.answer.tagged };
        self
    }

    /// The answer has an entity tag.
    pub(in super::super) fn tagged(mut self) -> Self {
        self.answer.tagged = true;
        self
    }

    /// Refuses for this reason; it stands instead of what is said of all operations.
    pub(in super::super) fn refuses(mut self, status: StatusCode, why: impl Into<String>) -> Self {
        self.refusals.retain(|(other, _)| *other != status);
        self.refusals.push((status, why.into()));
        self
    }

    /// Takes an account that may do so, such as a manager.
    pub(in super::super) fn for_role(mut self, role: &str) -> Self {
        self.summary = format!("{}; takes {role}", self.summary);
        self.refuses(StatusCode::FORBIDDEN, format!("Not {role}"))
    }

    pub(super) fn described(&self, schemas: &mut Schemas) -> Value {
        let mut described = json!({ "summary": self.summary, "responses": self.responses(schemas) });
        let parameters = self.parameters(schemas);
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        if self.bytes {
            let content = json!({ "application/octet-stream": {} });
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        if let Some(body) = self.body {
            let schema = body(&mut schemas.sent);
            described["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        described
    }

    fn responses(&self, schemas: &mut Schemas) -> Map<String, Value> {
        let mut responses = Map::new();
        responses.insert(self.answer.status.as_str().to_owned(), self.answer.described(schemas));
        for (status, why) in &self.refusals {
            let schema = schemas.answered.subschema_for::<Error>();
            let refusal =
                json!({ "description": why, "content": { "application/json": { "schema": schema } } });
            responses.insert(status.as_str().to_owned(), refusal);
        }
        responses
    }

    fn parameters(&self, schemas: &mut Schemas) -> Vec<Value> {
        let mut parameters: Vec<Value> = self
            .in_path
            .iter()
            .map(|(name, schema)| parameter("path", name, true, schema(&mut schemas.sent).into()))
            .collect();
        if let Some(query) = self.query {
            let all = Value::from(query(&mut schemas.sent));
            let required = all["required"].as_array();
            for (name, schema) in all["properties"].as_object().into_iter().flatten() {
                let needed = required.is_some_and(|required| required.iter().any(|it| it == name));
                parameters.push(parameter("query", name, needed, schema.clone()));
            }
        }
        if self.if_match {
            let schema =
                json!({ "type": "string", "description": "The ETag of the state that was seen, or *." });
            parameters.push(parameter("header", "If-Match", true, schema));
        }
        parameters
    }
}

impl Answer {
    fn described(&self, schemas: &mut Schemas) -> Value {
        let mut described = json!({ "description": self.description });
        if let Some((kind, schema)) = self.content {
            described["content"] = json!({ kind: { "schema": schema(&mut schemas.answered) } });
        }
        if self.tagged {
            described["headers"] = json!({ "ETag": { "schema": { "type": "string" } } });
        }
        described
    }
}

/// Parameters have no null: one that is absent is left out.
fn parameter(place: &str, name: &str, required: bool, mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array_mut() {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut parameter = json!({ "name": name, "in": place, "required": required, "schema": schema });
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter
}
