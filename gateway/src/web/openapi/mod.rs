//! The API's description, made of what the code says: operations from the list of routes, types from their
//! definitions, words from their documentation. Nothing is described by hand, and nothing is served that isn't described.

mod operation;

pub(super) use operation::Operation;

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{Route, on};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use tower::{Layer, Service};

use super::state::WebState;

/// Where the API is.
pub(super) const BASE: &str = "/api/v1";

const ABOUT: &str = "What the status page shows, for programs. Sign in with HTTP Basic and a page account, or with the page's cookie. A member of an answer that is called absent is null.";

/// Routes, each with its description.
#[derive(Default)]
pub(super) struct Described {
    router: Router<WebState>,
    operations: Vec<Operation>,
}

impl Described {
    /// Serves an operation.
    pub(super) fn add<H, T>(mut self, operation: Operation, handler: H) -> Self
    where
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.router = self.router.route(operation.path, on(operation.method.filter(), handler));
        self.operations.push(operation);
        self
    }

    /// Does the same before all operations so far.
    pub(super) fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.route_layer(layer);
        self
    }

    /// These and others.
    pub(super) fn merge(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.operations.extend(others.operations);
        self
    }

    /// The OpenAPI document of all of it.
    pub(super) fn document(&self) -> Value {
        document(&self.operations)
    }

    /// What is served.
    pub(super) fn into_router(self) -> Router<WebState> {
        self.router
    }
}

/// Makes the schemas of types. What is sent and what is answered may differ in which members must be there.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        Self {
            sent: settings().for_deserialize().into_generator(),
            answered: settings().for_serialize().into_generator(),
        }
    }

    fn take(mut self) -> Map<String, Value> {
        let mut all = self.sent.take_definitions(true);
        all.extend(self.answered.take_definitions(true));
        all
    }
}

fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let path = paths.entry(format!("{BASE}{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method.word()] = operation.described(&mut schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Gatehouse", "version": "1", "description": ABOUT },
        "security": [{ "basic": [] }, { "cookie": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.take(),
            "securitySchemes": {
                "basic": { "type": "http", "scheme": "basic" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-gatehouse" },
            },
        },
    })
}
