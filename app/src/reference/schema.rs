//! Schemas of the document as rows a person can read.

use serde_json::Value;

/// One field: its dotted path, its type in words, whether it must be there, what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    pub path: String,
    pub kind: String,
    pub required: bool,
    pub about: String,
    /// The object its type names, described elsewhere on the page.
    pub object: Option<String>,
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

/// All fields of a body in the document's order. Objects written in place unfold under dotted
/// names; those with a name of their own are described once, elsewhere.
pub fn fields(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let mut rows = Vec::new();
    unfold(document, schema, "", &mut rows);
    rows
}

fn unfold(document: &Value, schema: &Value, prefix: &str, rows: &mut Vec<FieldRow>) {
    let schema = present(document, schema);
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        unfold(document, part, prefix, rows);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut properties: Vec<_> = properties.into_iter().flatten().collect();
    properties.sort_by_key(|(name, _)| rank(schema, name));
    for (name, field) in properties {
        let path = format!("{prefix}{name}");
        let object = object(field);
        rows.push(FieldRow {
            kind: kind(document, field),
            required: rank(schema, name) < usize::MAX,
            about: about(document, field),
            path: path.clone(),
            object: object.clone(),
        });
        if object.is_none() {
            let inner = present(document, field);
            match inner.get("items") {
                Some(items) => unfold(document, items, &format!("{path}[]."), rows),
                None => unfold(document, inner, &format!("{path}."), rows),
            }
        }
    }
}

/// The place of a field among the required ones: the one list of them that keeps its order.
pub fn rank(schema: &Value, name: &str) -> usize {
    let required = schema.get("required").and_then(Value::as_array);
    required
        .and_then(|all| all.iter().position(|one| one == name))
        .unwrap_or(usize::MAX)
}

/// The named object a schema refers to, in itself, as a list's items or beside `null`.
pub fn object(schema: &Value) -> Option<String> {
    let choices = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find_map(|name| schema.get(name).and_then(Value::as_array));
    let inner = || {
        choices
            .into_iter()
            .flatten()
            .chain(schema.get("items"))
            .find_map(object)
    };
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => reference
            .strip_prefix("#/components/schemas/")
            .map(str::to_owned),
        None => inner(),
    }
}

/// The schema without what only says that it may be null.
pub fn present<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
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

/// `string`, `list of string`, `integer or null`, `one of live, test`, `ApiKey`.
pub fn kind(document: &Value, field: &Value) -> String {
    let outer = resolve(document, field);
    let schema = present(document, field);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = values.iter().map(plain).collect();
        return match words.as_slice() {
            [only] => format!("only {only}"),
            _ => format!("one of {}", words.join(", ")),
        };
    }
    if let Some(value) = schema.get("const") {
        return format!("always {}", plain(value));
    }
    let named = object(field).filter(|_| field.get("items").is_none());
    let mut words = named.map_or_else(|| types(document, schema), |name| vec![name]);
    if !std::ptr::eq(outer, schema) && outer.get("allOf").is_none() {
        words.push("null".to_owned());
    }
    words.join(" or ")
}

fn types(document: &Value, schema: &Value) -> Vec<String> {
    let word = |word: &str| match (word, schema.get("format").and_then(Value::as_str)) {
        ("array", _) => match schema.get("items") {
            Some(items) => format!("list of {}", kind(document, items)),
            None => "list".to_owned(),
        },
        ("string", Some("date-time")) => "time".to_owned(),
        (word, _) => word.to_owned(),
    };
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().map(|kind| word(&plain(kind))).collect(),
        Some(Value::String(kind)) => vec![word(kind)],
        _ if schema.get("properties").is_some() => vec!["object".to_owned()],
        _ => vec!["anything".to_owned()],
    }
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
    fn a_body_is_rows_in_the_documents_order() {
        let document = json!({"components": {"schemas": {
            "Key": {"type": "object", "required": ["id", "created"], "properties": {
                "created": {"type": ["string", "null"], "format": "date-time"},
                "id": {"type": "string", "description": "Its id."},
                "scopes": {"type": "array", "items": {"type": "string"}},
                "limits": {"properties": {"mode": {"enum": ["live", "test"]}}},
                "org": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Org"}]},
                "orgs": {"type": "array", "items": {"$ref": "#/components/schemas/Org"}},
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
                ("created", "time or null", true),
                ("limits", "object", false),
                ("limits.mode", "one of live, test", false),
                ("org", "Org or null", false),
                ("orgs", "list of Org", false),
                ("scopes", "list of string", false),
            ]
        );
        assert_eq!(rows[4].object.as_deref(), Some("Org"));
    }

    #[test]
    fn a_schema_that_holds_itself_is_named_and_not_unfolded() {
        let document = json!({"components": {"schemas": {"Tree": {"properties": {"child": {"$ref": "#/components/schemas/Tree"}}}}}});
        let rows = fields(&document, &json!({"$ref": "#/components/schemas/Tree"}));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].kind, "Tree");
    }
}
