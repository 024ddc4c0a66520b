//! The API reference, drawn from the OpenAPI document itself: what is not in the document is not
//! in the API. Needs no script.

mod example;
mod group;
mod operation;
mod schema;
mod view;

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::{Code, Json, PageTitle, prose};
use crate::{Console, Nav, Public, paths};
use group::{Group, groups};
use operation::json_content;
use schema::{FieldRow, fields, object};
use view::{Common, Operation, Rows, object_anchor};

pub use example::{Exchange, exchange};

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
    let groups = groups(&document, &base_url);
    let objects = objects(&document);
    let contents = contents(&groups, &objects);
    let common = Common::of(groups.iter().flat_map(|group| &group.operations));
    let shared = common.clone();
    let sections = groups
        .into_iter()
        .map(|group| {
            let common = common.clone();
            let operations = group
                .operations
                .into_iter()
                .map(|op| view! { <Operation op=op common=common.clone() /> })
                .collect_view();
            view! { <Chapter title=group.title about=group.about>{operations}</Chapter> }
        })
        .collect_view();
    let version = text(&document, "/info/version");
    let error = example::of_fields(
        &document,
        document
            .pointer("/components/schemas/Error")
            .unwrap_or(&Value::Null),
    );
    view! {
        <PageTitle title="API reference">"Version " {version}</PageTitle>
        <div class="ref">
            {contents}
            <div>
                <Chapter title="Every call" about=text(&document, "/info/description")>
                    <p>
                        "Base address " <code>{base_url.clone()}</code> ". The same as a document: "
                        <a href=paths::OPENAPI>"openapi.json"</a> "."
                    </p>
                    <Code label="A first request" text=crate::keys::snippets::curl(&base_url) />
                    <Rows title="Headers you may send" rows=shared.parameters chapter=true />
                    <Rows title="Headers of answers" rows=shared.headers chapter=true />
                    {(!error.is_empty())
                        .then(|| {
                            view! {
                                <h3 class="small">"When it fails"</h3>
                                <Json label="An error" lines=error />
                            }
                        })}
                </Chapter>
                {sections}
                <Chapter title="Objects" about="What answers carry.">
                    {objects.into_iter().map(|object| view! { <Object object=object /> }).collect_view()}
                </Chapter>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Chapter(
    #[prop(into)] title: String,
    #[prop(into)] about: String,
    children: Children,
) -> impl IntoView {
    let id = format!("about-{}", slug(&title));
    let heading = format!("{id}-h");
    let labelled = heading.clone();
    view! {
        <section class="chapter" id=id aria-labelledby=labelled>
            <h2 id=heading>{title}</h2>
            {(!about.is_empty()).then(|| view! { <p>{prose(&about)}</p> })}
            {children()}
        </section>
    }
    .into_any()
}

/// Where everything is.
fn contents(groups: &[Group], objects: &[ObjectView]) -> AnyView {
    let part = |title: &str, links: AnyView| {
        view! {
            <div>
                <a href=format!("#about-{}", slug(title))>{title.to_owned()}</a>
                <ul>{links}</ul>
            </div>
        }
    };
    let calls = groups
        .iter()
        .map(|group| {
            let links = group
                .operations
                .iter()
                .map(|op| {
                    let method = op.method.clone();
                    view! {
                        <li>
                            <a href=format!("#{}", op.anchor)>
                                <code>{method} " " {op.path.clone()}</code>
                            </a>
                        </li>
                    }
                })
                .collect_view();
            part(&group.title, links.into_any())
        })
        .collect_view();
    let named = objects
        .iter()
        .map(|object| {
            view! {
                <li>
                    <a href=format!("#{}", object_anchor(&object.name))>
                        <code>{object.name.clone()}</code>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="toc" aria-label="Contents">
            <div>
                <a href="#about-every-call">"Every call"</a>
            </div>
            {calls}
            {part("Objects", named.into_any())}
        </nav>
    }
    .into_any()
}

/// An object that answers carry.
struct ObjectView {
    name: String,
    about: String,
    fields: Vec<FieldRow>,
}

/// All named schemas but those of requests, which are described where they are sent.
fn objects(document: &Value) -> Vec<ObjectView> {
    let operations = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let sent: Vec<String> = operations
        .filter_map(|(_, item)| item.as_object())
        .flat_map(serde_json::Map::values)
        .filter_map(|operation| {
            object(json_content(document, operation.get("requestBody")?)?.get("schema")?)
        })
        .collect();
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    schemas
        .into_iter()
        .flatten()
        .filter(|(name, _)| !sent.contains(name))
        .map(|(name, schema)| ObjectView {
            name: name.clone(),
            about: string(schema, "description"),
            fields: fields(document, schema),
        })
        .collect()
}

#[component]
fn Object(object: ObjectView) -> impl IntoView {
    let anchor = object_anchor(&object.name);
    view! {
        <article class="op" id=anchor.clone()>
            <h3>
                <a href=format!("#{anchor}")>
                    <code>
                        <b>{object.name}</b>
                    </code>
                </a>
            </h3>
            {(!object.about.is_empty()).then(|| view! { <p>{prose(&object.about)}</p> })}
            <Rows rows=object.fields answered=true />
        </article>
    }
}

fn text(document: &Value, pointer: &str) -> String {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
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
    fn anchors_hold_nothing_but_letters_figures_and_hyphens() {
        assert_eq!(slug("get /v1/api_keys/{id}"), "get-v1-api-keys-id");
    }

    #[test]
    fn what_is_sent_is_no_object_of_answers() {
        let document = json!({
            "paths": {"/v1/keys": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}}}}},
            "components": {"schemas": {"New": {}, "Key": {"description": "A key."}}},
        });
        let names: Vec<_> = objects(&document)
            .into_iter()
            .map(|object| object.name)
            .collect();
        assert_eq!(names, ["Key"]);
    }
}
