//! Schemas of the document as rows a person can read.

use serde_json::Value;

/// How deep objects are unfolded; deeper ones are named by their type.
const DEPTH: usize = 4;

/// One field: its dotted path, its type in words, whether it must be there, what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    pub path: String,
    pub kind: String,
    pub required: bool,
    pub about: String,
}

/// Follows `$ref` within the document.
pub fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A chain of references is short; a loop of them is not followed for ever.
    for _ in 0..8 {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        let Some(target) = document.pointer(reference.trim_start_matches('#')) else {
            return schema;
        };
        schema = target;
    }
    schema
}

/// All fields of a body, nested ones under dotted names.
pub fn fields(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let mut rows = Vec::new();
    unfold(document, schema, "", 0, &mut rows);
    rows
}

fn unfold(document: &Value, schema: &Value, prefix: &str, depth: usize, rows: &mut Vec<FieldRow>) {
    let schema = present(document, schema);
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        unfold(document, part, prefix, depth, rows);
    }
    let required = schema.get("required").and_then(Value::as_array);
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let path = format!("{prefix}{name}");
        rows.push(FieldRow {
            kind: kind(document, field),
            required: required.is_some_and(|all| all.iter().any(|one| one == name.as_str())),
            about: about(document, field),
            path: path.clone(),
        });
        if depth < DEPTH {
            let inner = present(document, field);
            match inner.get("items") {
                Some(items) => unfold(document, items, &format!("{path}[]."), depth + 1, rows),
                None => unfold(document, inner, &format!("{path}."), depth + 1, rows),
            }
        }
    }
}

/// The schema without what only says that it may be null.
fn present<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolve(document, schema);
    let choices = ["oneOf", "anyOf"]
        .iter()
        .find_map(|name| schema.get(name).and_then(Value::as_array));
    let real = choices.and_then(|choices| {
        choices
            .iter()
            .find(|one| one.get("type").is_none_or(|kind| kind != "null"))
    });
    real.map_or(schema, |real| resolve(document, real))
}

fn about(document: &Value, field: &Value) -> String {
    let own = field.get("description").and_then(Value::as_str);
    let named = || {
        present(document, field)
            .get("description")
            .and_then(Value::as_str)
    };
    own.or_else(named).unwrap_or_default().to_owned()
}

/// `string`, `list of string`, `integer or null`, `one of live, test`.
pub fn kind(document: &Value, field: &Value) -> String {
    let outer = resolve(document, field);
    let schema = present(document, field);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = values.iter().map(plain).collect();
        return format!("one of {}", words.join(", "));
    }
    if let Some(value) = schema.get("const") {
        return format!("always {}", plain(value));
    }
    let nullable = !std::ptr::eq(outer, schema);
    let word = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().map(plain).collect::<Vec<_>>().join(" or "),
        Some(Value::String(kind)) if kind == "array" => {
            let items = schema
                .get("items")
                .map_or_else(String::new, |items| kind_of_items(document, items));
            format!("list{items}")
        }
        Some(Value::String(kind)) => kind.clone(),
        _ if schema.get("properties").is_some() => "object".into(),
        _ => "any".into(),
    };
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .map_or_else(String::new, |format| format!(", {format}"));
    let null = if nullable && outer.get("allOf").is_none() {
        " or null"
    } else {
        ""
    };
    format!("{word}{format}{null}")
}

fn kind_of_items(document: &Value, items: &Value) -> String {
    format!(" of {}", kind(document, items))
}

/// A value as it is written in a sentence.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_unfolds_into_dotted_rows() {
        let document = json!({"components": {"schemas": {
            "Key": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "description": "Its id."},
                "scopes": {"type": "array", "items": {"type": "string"}},
                "org": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Org"}]},
            }},
            "Org": {"type": "object", "properties": {"mode": {"enum": ["live", "test"]}}},
        }}});
        let rows = fields(&document, &json!({"$ref": "#/components/schemas/Key"}));
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.path.as_str(), row.kind.as_str(), row.required))
            .collect();
        assert_eq!(
            found,
            [
                ("id", "string", true),
                ("org", "object or null", false),
                ("org.mode", "one of live, test", false),
                ("scopes", "list of string", false),
            ]
        );
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let document = json!({"components": {"schemas": {"Tree": {"properties": {"child": {"$ref": "#/components/schemas/Tree"}}}}}});
        assert_eq!(
            fields(&document, &json!({"$ref": "#/components/schemas/Tree"})).len(),
            DEPTH + 1
        );
    }
}
