//! One operation, read from the document.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::example;
use super::schema::{FieldRow, fields, kind, object, resolve};
use super::{slug, string};
use crate::ui::JsonLine;

pub struct OperationView {
    pub anchor: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub about: String,
    /// Whether it is called with a key.
    pub keyed: bool,
    /// The scopes of which the key needs one.
    pub scopes: Vec<String>,
    pub parameters: Vec<FieldRow>,
    pub body: Vec<FieldRow>,
    pub answers: Vec<AnswerView>,
    /// Headers of its answers by name.
    pub headers: BTreeMap<String, FieldRow>,
    pub curl: String,
    /// The status and the body of an answer when all is well.
    pub example: Option<(String, Vec<JsonLine>)>,
}

pub struct AnswerView {
    pub status: u16,
    /// The object it carries when all is well.
    pub object: Option<String>,
    /// The codes of an error.
    pub codes: Vec<String>,
    pub meaning: String,
}

impl OperationView {
    pub fn read(
        document: &Value,
        path: &str,
        method: &str,
        operation: &Value,
        base_url: &str,
    ) -> Self {
        let answers: Vec<_> = operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(status, answer)| (status, resolve(document, answer)))
            .collect();
        let well = answers.iter().find(|(status, _)| status.starts_with('2'));
        let body = operation.get("requestBody");
        let scopes = operation
            .pointer("/x-secapi/acceptedScopes")
            .and_then(Value::as_array);
        Self {
            anchor: slug(&format!("{method} {path}")),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: string(operation, "summary"),
            about: string(operation, "description"),
            keyed: operation.get("security").is_some(),
            scopes: scopes
                .into_iter()
                .flatten()
                .map(super::schema::plain)
                .collect(),
            parameters: parameters(document, operation),
            body: body
                .and_then(|body| json_content(document, body)?.get("schema"))
                .map(|schema| fields(document, schema))
                .unwrap_or_default(),
            headers: answers
                .iter()
                .flat_map(|(_, answer)| headers(document, answer))
                .collect(),
            curl: curl(document, path, method, operation, base_url),
            example: well
                .map(|(status, answer)| ((*status).clone(), example::body(document, answer))),
            answers: answers
                .iter()
                .map(|(status, answer)| AnswerView::read(document, status, answer))
                .collect(),
        }
    }

    pub fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The JSON of a body: its schema and its example.
pub fn json_content<'a>(document: &'a Value, holder: &'a Value) -> Option<&'a Value> {
    resolve(document, holder).pointer("/content/application~1json")
}

fn parameters(document: &Value, operation: &Value) -> Vec<FieldRow> {
    let all = operation.get("parameters").and_then(Value::as_array);
    let all = all.into_iter().flatten();
    all.map(|parameter| {
        let parameter = resolve(document, parameter);
        let kind = parameter
            .get("schema")
            .map_or_else(|| "string".into(), |schema| kind(document, schema));
        let default = parameter
            .pointer("/schema/default")
            .map_or_else(String::new, |value| {
                format!(", {} when left out", super::schema::plain(value))
            });
        FieldRow {
            path: string(parameter, "name"),
            kind: format!("{kind}, in the {}{default}", string(parameter, "in")),
            required: parameter
                .get("required")
                .is_some_and(|required| required == true),
            about: string(parameter, "description"),
            object: None,
        }
    })
    .collect()
}

fn headers(document: &Value, answer: &Value) -> Vec<(String, FieldRow)> {
    let all = answer.get("headers").and_then(Value::as_object);
    let all = all.into_iter().flatten();
    all.map(|(name, header)| {
        let header = resolve(document, header);
        let schema = header.get("schema").unwrap_or(&Value::Null);
        let example =
            example::sample(schema).map_or_else(String::new, |one| format!(" such as `{one}`"));
        let row = FieldRow {
            path: name.clone(),
            kind: format!("{}{example}", kind(document, schema)),
            required: false,
            about: string(header, "description"),
            object: None,
        };
        (name.clone(), row)
    })
    .collect()
}

impl AnswerView {
    fn read(document: &Value, status: &str, answer: &Value) -> Self {
        let status = status.parse().unwrap_or(0);
        let schema = json_content(document, answer).and_then(|content| content.get("schema"));
        let (codes, meaning) = codes(&string(answer, "description"));
        Self {
            status,
            object: schema.and_then(object).filter(|_| status < 400),
            codes,
            meaning,
        }
    }
}

/// Codes and their meaning from a description that names the codes first.
fn codes(description: &str) -> (Vec<String>, String) {
    if !description.starts_with('`') {
        return (Vec::new(), description.to_owned());
    }
    let (named, meaning) = description.split_once("`: ").unwrap_or((description, ""));
    let codes = named
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let mut letters = meaning.chars();
    let meaning = letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    });
    (codes, meaning)
}

fn curl(document: &Value, path: &str, method: &str, operation: &Value, base_url: &str) -> String {
    let example_id = operation
        .pointer("/responses/200/content/application~1json/example/id")
        .and_then(Value::as_str);
    let path = example_id.map_or_else(|| path.to_owned(), |id| path.replace("{id}", id));
    let mut text = match method {
        "get" | "post" => format!("curl -s {base_url}{path}"),
        other => format!("curl -s -X {} {base_url}{path}", other.to_ascii_uppercase()),
    };
    if operation.get("security").is_some() {
        text += " \\\n  -H \"x-api-key: $SECAPI_API_KEY\"";
    }
    if parameters(document, operation)
        .iter()
        .any(|row| row.path == "Idempotency-Key")
    {
        text += " \\\n  -H \"idempotency-key: $(uuidgen)\"";
    }
    let content = operation
        .get("requestBody")
        .and_then(|body| json_content(document, body));
    match content.map(|content| content.get("example")) {
        Some(example) => {
            let body = example.map_or_else(|| "{}".to_owned(), Value::to_string);
            _ = write!(
                text,
                " \\\n  -H \"content-type: application/json\" \\\n  -d '{}'",
                body.replace('\'', "'\\''")
            );
        }
        None if method == "post" => text = text.replacen("curl -s", "curl -s -X POST", 1),
        None => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_is_read_whole() {
        let operation = json!({
            "summary": "Create a key",
            "security": [{"apiKey": []}],
            "x-secapi": {"acceptedScopes": ["api_keys:manage"]},
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "default": 25}}],
            "requestBody": {"content": {"application/json": {"example": {"label": "it's"}, "schema": {"properties": {"label": {"type": "string"}}}}}},
            "responses": {
                "201": {"description": "Made", "headers": {"Request-Id": {"schema": {"type": "string", "examples": ["req_1"]}}}},
                "409": {"description": "`too_many` or `in_use`: come back later."},
            },
        });
        let op = OperationView::read(&json!({}), "/v1/api_keys", "post", &operation, "http://x");
        assert_eq!(
            (op.call().as_str(), op.anchor.as_str()),
            ("POST /v1/api_keys", "post-v1-api-keys")
        );
        assert_eq!(
            (op.keyed, op.scopes),
            (true, vec!["api_keys:manage".to_owned()])
        );
        assert_eq!(
            op.parameters[0].kind,
            "integer, in the query, 25 when left out"
        );
        assert_eq!(op.body[0].path, "label");
        assert_eq!(op.headers["Request-Id"].kind, "string such as `req_1`");
        assert_eq!(op.answers[0].meaning, "Made");
        assert_eq!(op.answers[1].codes, ["too_many", "in_use"]);
        assert_eq!(op.answers[1].meaning, "Come back later.");
        assert!(
            op.curl
                .starts_with("curl -s http://x/v1/api_keys \\\n  -H \"x-api-key")
        );
        assert!(op.curl.ends_with(r#"-d '{"label":"it'\''s"}'"#));
    }

    #[test]
    fn codes_may_come_without_a_meaning() {
        let (found, meaning) = codes("`a`, `b` or `c`.");
        assert_eq!(
            (found.join(" "), meaning.as_str()),
            ("a b c".to_owned(), "")
        );
    }
}
