//! The API reference, drawn from the OpenAPI document itself: what is not in the document is not
//! in the API. Needs no script.

mod operation;
mod schema;

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::{PageTitle, Section};
use crate::{Console, Nav, Public, paths};
use operation::{Operation, OperationView};

/// One group of operations, by the document's tags.
struct Group {
    tag: String,
    about: String,
    operations: Vec<OperationView>,
}

/// The whole document as one readable page. In the console when someone is signed in.
#[component]
pub fn Reference(
    nav: Option<Nav>,
    document: Value,
    #[prop(into)] base_url: String,
) -> impl IntoView {
    let title = "API reference";
    let content = view! { <Content document=document base_url=base_url /> };
    match nav {
        Some(nav) => view! {
            <Console nav=nav here=paths::REFERENCE title=title>
                {content}
            </Console>
        }
        .into_any(),
        None => view! {
            <Public title=title sign_in=true>
                <div class="pt-10">{content}</div>
            </Public>
        }
        .into_any(),
    }
}

#[component]
fn Content(document: Value, base_url: String) -> impl IntoView {
    let text = |pointer: &str| {
        document
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let groups = groups(&document, &base_url);
    let contents = groups
        .iter()
        .flat_map(|group| &group.operations)
        .map(|op| {
            view! {
                <li>
                    <a href=format!("#{}", op.anchor)>
                        <code>{op.call()}</code>
                    </a>
                    <span class="muted">{op.summary.clone()}</span>
                </li>
            }
        })
        .collect_view();
    let sections = groups
        .into_iter()
        .enumerate()
        .map(|(index, group)| {
            view! {
                <Section id=format!("tag-{}", slug(&group.tag)) title=group.tag note=group.about open=index == 0>
                    {group.operations.into_iter().map(|op| view! { <Operation op=op /> }).collect_view()}
                </Section>
            }
        })
        .collect_view();
    view! {
        <PageTitle title="API reference">{format!("{}, version {}", text("/info/title"), text("/info/version"))}</PageTitle>
        <p>
            "Base address " <code>{base_url}</code>
            ". JSON in and out; the key in the header " <code>"x-api-key"</code> ". The same as a document: "
            <a href=paths::OPENAPI>"openapi.json"</a> "."
        </p>
        <nav class="my-6" aria-label="Operations">
            <ul class="toc">{contents}</ul>
        </nav>
        {sections}
    }
}

fn groups(document: &Value, base_url: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|tag| Group {
            tag: string(tag, "name"),
            about: string(tag, "description"),
            operations: Vec::new(),
        })
        .collect();
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let tag = operation
                .pointer("/tags/0")
                .and_then(Value::as_str)
                .unwrap_or("Other");
            let view = OperationView::read(document, path, method, operation, base_url);
            match groups.iter_mut().find(|group| group.tag == tag) {
                Some(group) => group.operations.push(view),
                None => groups.push(Group {
                    tag: tag.to_owned(),
                    about: String::new(),
                    operations: vec![view],
                }),
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

fn string(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// For anchors: letters and figures, one hyphen between.
fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_grouped_by_tag_in_the_documents_order() {
        let document = json!({
            "tags": [{"name": "Keys"}, {"name": "Unused"}],
            "paths": {
                "/v1/me": {"get": {"tags": ["Account"]}, "parameters": []},
                "/v1/api_keys": {"get": {"tags": ["Keys"]}, "post": {"tags": ["Keys"]}},
            },
        });
        let groups = groups(&document, "http://x");
        let found: Vec<_> = groups
            .iter()
            .map(|group| (group.tag.as_str(), group.operations.len()))
            .collect();
        assert_eq!(found, [("Keys", 2), ("Account", 1)]);
    }

    #[test]
    fn anchors_hold_nothing_but_letters_figures_and_hyphens() {
        assert_eq!(slug("get /v1/api_keys/{id}"), "get-v1-api-keys-id");
    }
}
