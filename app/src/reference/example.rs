//! Examples of the document, printed as the API prints them.

use serde_json::Value;

use super::operation::json_content;
use super::schema::{present, rank, resolve};
use crate::ui::JsonLine;

/// A real exchange as the document gives it: the headers asked for and the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    pub headers: Vec<(String, String)>,
    pub body: Vec<JsonLine>,
}

/// What `GET path` answers, with those of `headers` that the document has an example for.
pub fn exchange(document: &Value, path: &str, headers: &[&str]) -> Exchange {
    let answer = document
        .get("paths")
        .and_then(|paths| paths.get(path))
        .and_then(|item| item.pointer("/get/responses/200"));
    let Some(answer) = answer.map(|answer| resolve(document, answer)) else {
        return Exchange::default();
    };
    let all = answer.get("headers").and_then(Value::as_object);
    let header = |wanted: &&str| {
        let (_, header) = all?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        let example = sample(resolve(document, header).get("schema")?)?;
        Some(((*wanted).to_owned(), example))
    };
    Exchange {
        headers: headers.iter().filter_map(header).collect(),
        body: body(document, answer),
    }
}

/// The example of a body, in the order of its schema; nothing where there is none.
pub fn body(document: &Value, holder: &Value) -> Vec<JsonLine> {
    let Some(content) = json_content(document, holder) else {
        return Vec::new();
    };
    let schema = content.get("schema").unwrap_or(&Value::Null);
    content
        .get("example")
        .map(|example| lines(document, schema, example))
        .unwrap_or_default()
}

/// What a schema gives as the example of a single value.
pub fn sample(schema: &Value) -> Option<String> {
    let example = schema
        .get("example")
        .or_else(|| schema.pointer("/examples/0"))?;
    Some(super::schema::plain(example))
}

/// An object made of the examples of the fields it always has.
pub fn of_fields(document: &Value, schema: &Value) -> Vec<JsonLine> {
    let schema = present(document, schema);
    let fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| rank(schema, name) < usize::MAX)
        .filter_map(|(name, field)| Some((name.clone(), field.get("example")?.clone())));
    lines(document, schema, &Value::Object(fields.collect()))
}

fn lines(document: &Value, schema: &Value, example: &Value) -> Vec<JsonLine> {
    let mut printer = Printer {
        document,
        lines: Vec::new(),
    };
    printer.print(schema, None, example, 0, "");
    printer.lines
}

struct Printer<'a> {
    document: &'a Value,
    lines: Vec<JsonLine>,
}

impl Printer<'_> {
    fn line(&mut self, indent: usize, key: Option<&str>, rest: String) {
        self.lines.push(JsonLine {
            indent,
            key: key.map(str::to_owned),
            rest,
        });
    }

    fn print(
        &mut self,
        schema: &Value,
        key: Option<&str>,
        value: &Value,
        indent: usize,
        comma: &str,
    ) {
        let schema = present(self.document, schema);
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                self.line(indent, key, "{".to_owned());
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| rank(schema, name));
                let properties = schema.get("properties");
                for (index, (name, field)) in fields.iter().enumerate() {
                    let inner = properties.and_then(|all| all.get(name.as_str()));
                    let comma = if index + 1 < fields.len() { "," } else { "" };
                    self.print(
                        inner.unwrap_or(&Value::Null),
                        Some(name.as_str()),
                        field,
                        indent + 1,
                        comma,
                    );
                }
                self.line(indent, None, format!("}}{comma}"));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                self.line(indent, key, "[".to_owned());
                let inner = schema.get("items").unwrap_or(&Value::Null);
                for (index, item) in items.iter().enumerate() {
                    let comma = if index + 1 < items.len() { "," } else { "" };
                    self.print(inner, None, item, indent + 1, comma);
                }
                self.line(indent, None, format!("]{comma}"));
            }
            Value::Array(items) => {
                let words: Vec<_> = items.iter().map(Value::to_string).collect();
                self.line(indent, key, format!("[{}]{comma}", words.join(", ")));
            }
            plain => self.line(indent, key, format!("{plain}{comma}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_example_is_printed_in_the_order_of_its_schema() {
        let schema = json!({"required": ["object", "data"], "properties": {"data": {"items": {"required": ["z"]}}}});
        let example = json!({"data": [{"a": 1, "z": ["x", "y"]}], "object": "list", "empty": {}});
        let text: Vec<_> = lines(&json!({}), &schema, &example)
            .into_iter()
            .map(|line| {
                let key = line.key.map(|key| format!("{key}: ")).unwrap_or_default();
                format!("{}{key}{}", " ".repeat(line.indent), line.rest)
            })
            .collect();
        assert_eq!(
            text,
            [
                "{",
                " object: \"list\",",
                " data: [",
                "  {",
                "   z: [\"x\", \"y\"],",
                "   a: 1",
                "  }",
                " ],",
                " empty: {}",
                "}",
            ]
        );
    }

    #[test]
    fn an_exchange_has_the_headers_asked_for_and_known() {
        let document = json!({"paths": {"/v1/me": {"get": {"responses": {"200": {
            "headers": {"Request-Id": {"schema": {"examples": ["req_1"]}}, "Other": {"schema": {}}},
            "content": {"application/json": {"example": {"object": "principal"}}},
        }}}}}});
        let exchange = exchange(&document, "/v1/me", &["request-id", "other", "absent"]);
        assert_eq!(
            exchange.headers,
            [("request-id".to_owned(), "req_1".to_owned())]
        );
        assert_eq!(exchange.body.len(), 3);
    }
}
