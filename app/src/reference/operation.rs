use leptos::prelude::*;
use serde_json::Value;

use super::schema::{FieldRow, fields, kind, resolve};
use super::{slug, string};
use crate::ui::CallBeside;

/// One operation, read from the document.
pub struct OperationView {
    pub anchor: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    about: String,
    parameters: Vec<FieldRow>,
    body: Vec<FieldRow>,
    answers: Vec<AnswerView>,
    curl: String,
}

struct AnswerView {
    status: String,
    about: String,
    headers: Vec<FieldRow>,
    fields: Vec<FieldRow>,
}

impl OperationView {
    pub fn read(
        document: &Value,
        path: &str,
        method: &str,
        operation: &Value,
        base_url: &str,
    ) -> Self {
        let body = operation
            .get("requestBody")
            .and_then(|body| json_schema(document, body));
        let answers = operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let has_body = body.is_some();
        Self {
            anchor: slug(&format!("{method} {path}")),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: string(operation, "summary"),
            about: string(operation, "description"),
            parameters: parameters(document, operation),
            body: body
                .map(|schema| fields(document, schema))
                .unwrap_or_default(),
            answers: answers
                .map(|(status, answer)| answer_view(document, status, answer))
                .collect(),
            curl: curl(base_url, method, path, has_body),
        }
    }

    pub fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn json_schema<'a>(document: &'a Value, body: &'a Value) -> Option<&'a Value> {
    resolve(document, body).pointer("/content/application~1json/schema")
}

fn parameters(document: &Value, operation: &Value) -> Vec<FieldRow> {
    let all = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.map(|parameter| {
        let parameter = resolve(document, parameter);
        let kind = parameter
            .get("schema")
            .map_or_else(|| "string".into(), |schema| kind(document, schema));
        FieldRow {
            path: string(parameter, "name"),
            kind: format!("{kind}, in the {}", string(parameter, "in")),
            required: parameter
                .get("required")
                .is_some_and(|required| required == true),
            about: string(parameter, "description"),
        }
    })
    .collect()
}

fn answer_view(document: &Value, status: &str, answer: &Value) -> AnswerView {
    let answer = resolve(document, answer);
    let headers = answer
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    AnswerView {
        status: status.to_owned(),
        about: string(answer, "description"),
        headers: headers
            .map(|(name, header)| {
                let header = resolve(document, header);
                FieldRow {
                    path: name.clone(),
                    kind: header
                        .get("schema")
                        .map_or_else(|| "string".into(), |schema| kind(document, schema)),
                    required: false,
                    about: string(header, "description"),
                }
            })
            .collect(),
        // An error's body is the same everywhere and would drown the rest.
        fields: if status.starts_with('2') {
            json_schema(document, answer)
                .map(|schema| fields(document, schema))
                .unwrap_or_default()
        } else {
            Vec::new()
        },
    }
}

fn curl(base_url: &str, method: &str, path: &str, has_body: bool) -> String {
    let verb = match method {
        "get" => String::new(),
        other => format!("-X {} ", other.to_ascii_uppercase()),
    };
    let body = if has_body {
        " \\\n  -H \"content-type: application/json\" -d '{}'"
    } else {
        ""
    };
    format!("curl -s {verb}{base_url}{path} \\\n  -H \"x-api-key: $SECAPI_API_KEY\"{body}")
}

#[component]
pub fn Operation(op: OperationView) -> impl IntoView {
    let call = op.call();
    let heading = format!("{}-h", op.anchor);
    let labelled = heading.clone();
    let answers = op
        .answers
        .into_iter()
        .map(|answer| view! { <Answer answer=answer /> })
        .collect_view();
    view! {
        <article class="op" id=op.anchor.clone() aria-labelledby=labelled>
            <h3 id=heading>
                <a href=format!("#{}", op.anchor)>
                    <code>{op.method} " " <b>{op.path}</b></code>
                </a>
            </h3>
            <p>{op.summary}</p>
            {(!op.about.is_empty()).then(|| view! { <p class="muted">{op.about}</p> })}
            <Rows title="Parameters" rows=op.parameters />
            <Rows title="Body" rows=op.body />
            <h4>"Answers"</h4>
            <ul class="answers">{answers}</ul>
            <CallBeside call=call curl=op.curl />
        </article>
    }
}

#[component]
fn Answer(answer: AnswerView) -> impl IntoView {
    let mark = match answer.status.parse::<u16>() {
        Ok(status) => crate::ui::Mark::of_status(status),
        Err(_) => crate::ui::Mark::Off,
    };
    let line = view! {
        <span class=mark.class()>{answer.status}</span>
        " "
        <span class="muted">{answer.about}</span>
    };
    if answer.headers.is_empty() && answer.fields.is_empty() {
        return view! { <li>{line}</li> }.into_any();
    }
    view! {
        <li>
            <details>
                <summary>{line}</summary>
                <Rows title="Headers" rows=answer.headers />
                <Rows title="Body" rows=answer.fields />
            </details>
        </li>
    }
    .into_any()
}

/// Fields as a list of definitions; nothing at all when there are none.
#[component]
fn Rows(title: &'static str, rows: Vec<FieldRow>) -> impl IntoView {
    (!rows.is_empty()).then(|| {
        let each = rows
            .into_iter()
            .map(|row| {
                view! {
                    <div>
                        <dt>
                            <code>{row.path}</code>
                            {row.required.then(|| view! { <span class="unit">" required"</span> })}
                        </dt>
                        <dd>
                            <span class="unit">{row.kind}</span>
                            {(!row.about.is_empty()).then(|| view! { <span>{row.about}</span> })}
                        </dd>
                    </div>
                }
            })
            .collect_view();
        view! {
            <h4>{title}</h4>
            <dl class="rows">{each}</dl>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_is_read_whole() {
        let operation = json!({
            "summary": "Create a key",
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
            "requestBody": {"content": {"application/json": {"schema": {"properties": {"label": {"type": "string"}}}}}},
            "responses": {
                "201": {"description": "Made", "headers": {"Request-Id": {"schema": {"type": "string"}}}},
                "409": {"description": "Too many"},
            },
        });
        let op = OperationView::read(&json!({}), "/v1/api_keys", "post", &operation, "http://x");
        assert_eq!(
            (op.call().as_str(), op.anchor.as_str()),
            ("POST /v1/api_keys", "post-v1-api-keys")
        );
        assert_eq!(op.parameters[0].kind, "integer, in the query");
        assert_eq!(op.body[0].path, "label");
        assert_eq!(op.answers.len(), 2);
        assert_eq!(op.answers[0].headers[0].path, "Request-Id");
        assert!(op.curl.starts_with("curl -s -X POST http://x/v1/api_keys"));
    }
}
