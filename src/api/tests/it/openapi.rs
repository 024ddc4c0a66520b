//! `/openapi.json`.

use api::route::{Kind, ROUTES};
use serde_json::Value;

use crate::site::Site;

#[tokio::test]
async fn the_document_is_served_without_a_key() {
    let site = Site::sqlite().await;
    let answer = site.get("/openapi.json", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), serde_json::to_value(api::openapi()).unwrap());
}

#[test]
fn the_document_is_the_one_that_was_read_and_agreed_to() {
    insta::assert_json_snapshot!("openapi", api::openapi());
}

#[test]
fn every_route_of_the_table_is_an_operation_and_nothing_else_is() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut told: Vec<(String, String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            told.push((path.clone(), method.to_uppercase(), id.to_owned()));
        }
    }
    let table = ROUTES
        .iter()
        .filter(|route| !matches!(route.kind, Kind::Browser(_)));
    let mut listed: Vec<_> = table
        .map(|route| {
            (
                route.path.to_owned(),
                route.method.to_string(),
                route.operation.to_owned(),
            )
        })
        .collect();
    told.sort();
    listed.sort();
    assert_eq!(told, listed);
}

/// Every reference in the document leads somewhere.
#[test]
fn no_reference_dangles() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        assert!(
            document
                .pointer(reference.trim_start_matches('#'))
                .is_some(),
            "{reference}"
        );
    }
}

/// What the document shows and what it describes are told by different means: they must agree.
#[test]
fn every_field_of_an_example_is_in_its_schema_and_every_required_one_in_the_example() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let bodies = operation["responses"].as_object().unwrap().values();
            for body in bodies.chain(operation.get("requestBody")) {
                let content = &body["content"]["application/json"];
                if content.get("example").is_some() {
                    agree(&document, &content["schema"], &content["example"], path);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 15);
}

fn agree(document: &Value, schema: &Value, example: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        return agree(document, target, example, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let real = choices.iter().find(|one| one["type"] != "null").unwrap();
        if !example.is_null() {
            agree(document, real, example, at);
        }
        return;
    }
    if let (Some(items), Some(examples)) = (schema.get("items"), example.as_array()) {
        for (i, example) in examples.iter().enumerate() {
            agree(document, items, example, &format!("{at}[{i}]"));
        }
    }
    let (Some(fields), Some(examples)) = (schema["properties"].as_object(), example.as_object())
    else {
        return;
    };
    for (name, value) in examples {
        let field = fields.get(name);
        let field = field.unwrap_or_else(|| panic!("{at}: {name} is not described"));
        agree(document, field, value, &format!("{at}.{name}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(
            examples.contains_key(name.as_str().unwrap()),
            "{at}: {name} is not shown"
        );
    }
}
