//! How a route describes itself: what it takes, what it answers, what it may refuse.

use axum::http::Method;
use domain::role::Permission;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Required, ResponseBuilder};

use super::common;
use crate::route::{Kind, Route};

pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// An operation in the making.
pub struct Description {
    route: &'static Route,
    operation: OperationBuilder,
    schemas: Schemas,
}

impl Description {
    /// What follows from the table alone.
    pub fn of(route: &'static Route) -> Self {
        let tag = route
            .path
            .trim_start_matches("/v1/")
            .split('/')
            .find(|part| !part.is_empty())
            .unwrap_or("");
        let tag = if matches!(route.kind, Kind::Open(_) | Kind::Browser(_)) {
            "service"
        } else {
            tag
        };
        let operation = OperationBuilder::new()
            .operation_id(Some(route.operation))
            .summary(Some(route.summary))
            .tag(tag);
        let begun = Self {
            route,
            operation,
            schemas: Vec::new(),
        };
        match route.kind {
            Kind::Key { permission, .. } => begun.keyed(permission),
            Kind::Public { .. } => begun.public(),
            Kind::Service { .. } => begun.service(),
            Kind::Open(_) | Kind::Browser(_) => begun,
        }
    }

    fn public(mut self) -> Self {
        let told = json!({"meterClass": self.route.meter_class()});
        let extensions = Extensions::builder().add("x-secapi", told).build();
        self.operation = self.operation.extensions(Some(extensions));
        for name in ["ApiVersion", "CallersRequestId"] {
            self = self.takes_common(name);
        }
        self.refuses(&[400, 500])
    }

    /// Under a scheme of its own: no organisation's key opens it.
    fn service(self) -> Self {
        let route = self.route;
        let told = json!({"meterClass": route.meter_class()});
        let extensions = Extensions::builder().add("x-secapi", told).build();
        let operation = super::secured_by_service(self.operation).extensions(Some(extensions));
        let mut begun = Self { operation, ..self };
        for name in ["ApiVersion", "CallersRequestId"] {
            begun = begun.takes_common(name);
        }
        if route.path.contains("{id}") {
            begun = begun.takes_common("Id");
        }
        let mut refusals = vec![400, 401, 403, 500, 503];
        if route.method == Method::POST {
            refusals.extend([408, 409, 413, 415]);
        }
        begun.refuses(&refusals)
    }

    fn keyed(self, permission: Permission) -> Self {
        let route = self.route;
        let scopes: Vec<&str> = permission
            .accepted_scopes()
            .iter()
            .map(|scope| scope.as_str())
            .collect();
        // One extension: several would come in another order at each start.
        let told = json!({"acceptedScopes": scopes, "meterClass": route.meter_class()});
        let extensions = Extensions::builder().add("x-secapi", told).build();
        let operation = super::secured(self.operation).extensions(Some(extensions));
        let mut names = vec!["ApiVersion", "CallersRequestId"];
        if route.path.contains("{id}") {
            names.push("Id");
        }
        if route.method == Method::POST {
            names.push("IdempotencyKey");
        }
        let operation = names.into_iter().fold(operation, |operation, name| {
            operation.parameter_ref(Ref::new(format!("#/components/parameters/{name}")))
        });
        let mut refusals = vec![400, 401, 429, 500, 503];
        if !scopes.is_empty() {
            refusals.push(403);
        }
        if route.method == Method::POST {
            refusals.extend([408, 413, 415]);
        }
        Self { operation, ..self }.refuses(&refusals)
    }

    pub fn finish(self) -> (Operation, Schemas) {
        (self.operation.build(), self.schemas)
    }

    /// A paragraph beyond the summary.
    pub fn note(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    /// For a service's route: an `Idempotency-Key` is honoured.
    pub fn once(self) -> Self {
        self.takes_common("IdempotencyKey")
    }

    /// The parameters of a list.
    pub fn pages(mut self) -> Self {
        for name in ["Limit", "Cursor"] {
            self = self.takes_common(name);
        }
        self
    }

    fn takes_common(mut self, name: &str) -> Self {
        let name = format!("#/components/parameters/{name}");
        self.operation = self.operation.parameter_ref(Ref::new(name));
        self
    }

    /// A query parameter of this operation alone.
    pub fn asks(self, name: &str, about: &str, example: &str) -> Self {
        self.own_parameter(common::own_parameter(
            name,
            ParameterIn::Query,
            about,
            example,
        ))
    }

    /// A header of this operation alone.
    pub fn reads(self, name: &str, about: &str, example: &str) -> Self {
        self.own_parameter(common::own_parameter(
            name,
            ParameterIn::Header,
            about,
            example,
        ))
    }

    fn own_parameter(mut self, parameter: Parameter) -> Self {
        self.operation = self.operation.parameter(parameter);
        self
    }

    /// An answer without a body.
    pub fn answers_empty(mut self, status: u16, text: &str) -> Self {
        let response = ResponseBuilder::new().description(text);
        let response = common::answer_headers(response, &self.route.kind, false);
        self.operation = self.operation.response(status.to_string(), response);
        self
    }

    /// The body, which may be left out.
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        let content = self.content::<T>(example);
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::False));
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    /// The answer when all is well, with an example of it.
    pub fn answers<T: ToSchema + Serialize>(
        mut self,
        status: u16,
        text: &str,
        example: &T,
    ) -> Self {
        let example = serde_json::to_value(example).unwrap_or_default();
        let content = self.content::<T>(example);
        let response = ResponseBuilder::new()
            .description(text)
            .content("application/json", content);
        let replayable = self.route.method == Method::POST;
        let response = common::answer_headers(response, &self.route.kind, replayable);
        self.operation = self.operation.response(status.to_string(), response);
        self
    }

    /// Refusals beyond those that follow from the table.
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let name = format!("#/components/responses/{}", common::refusal(*status));
            self.operation = self.operation.response(status.to_string(), Ref::new(name));
        }
        self
    }

    fn content<T: ToSchema>(&mut self, example: Value) -> Content {
        let name = T::name();
        self.schemas.push((name.to_string(), T::schema()));
        T::schemas(&mut self.schemas);
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(name)))
            .example(Some(example))
            .build()
    }
}
