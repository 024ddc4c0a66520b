//! Operations by what they are about, in the order a newcomer needs them.

use serde_json::Value;

use super::operation::OperationView;
use super::string;

/// Operations about the same thing.
pub struct Group {
    pub title: String,
    pub about: String,
    pub operations: Vec<OperationView>,
}

/// Titles for people, in order, of the tags that machines group by.
const TITLES: [(&[&str], &str, &str); 3] = [
    (
        &["me", "org"],
        "Identity",
        "Who a key is, and for whom it acts.",
    ),
    (
        &["api_keys"],
        "API keys",
        "Listing, making, rotating and revoking keys with a key.",
    ),
    (
        &["service"],
        "Service",
        "Of the installation itself; these need no key.",
    ),
];
/// What comes after everything else.
const LAST: &str = "Service";

fn title(tag: &str) -> (String, &'static str) {
    let known = TITLES.iter().find(|(tags, ..)| tags.contains(&tag));
    known.map_or_else(
        || (humane(tag), ""),
        |(_, title, about)| ((*title).to_owned(), *about),
    )
}

/// `agent_tokens` as `Agent tokens`.
fn humane(tag: &str) -> String {
    let text = tag.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// All operations: known groups first, then the document's, then the service's own.
pub fn groups(document: &Value, base_url: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let listed = document.get("tags").and_then(Value::as_array);
    let known = TITLES.iter().flat_map(|(tags, ..)| tags.iter().copied());
    for tag in known {
        of_tag(&mut groups, tag);
    }
    for tag in listed.into_iter().flatten() {
        let group = of_tag(&mut groups, &string(tag, "name"));
        if group.about.is_empty() {
            group.about = string(tag, "description");
        }
    }
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let tag = operation.pointer("/tags/0").and_then(Value::as_str);
            let view = OperationView::read(document, path, method, operation, base_url);
            of_tag(&mut groups, tag.unwrap_or("other"))
                .operations
                .push(view);
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups.sort_by_key(|group| group.title == LAST);
    groups
}

fn of_tag<'a>(groups: &'a mut Vec<Group>, tag: &str) -> &'a mut Group {
    let (title, about) = title(tag);
    let at = groups.iter().position(|group| group.title == title);
    let at = at.unwrap_or_else(|| {
        groups.push(Group {
            title,
            about: about.to_owned(),
            operations: Vec::new(),
        });
        groups.len() - 1
    });
    &mut groups[at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn groups_have_titles_for_people_and_the_service_stands_last() {
        let document = json!({
            "tags": [{"name": "agent_tokens", "description": "Tokens."}, {"name": "unused"}],
            "paths": {
                "/healthz": {"get": {"tags": ["service"]}},
                "/v1/api_keys": {"post": {"tags": ["api_keys"]}, "get": {"tags": ["api_keys"]}},
                "/v1/agent_tokens": {"get": {"tags": ["agent_tokens"]}},
                "/v1/me": {"get": {"tags": ["me"]}, "parameters": []},
                "/v1/org": {"get": {"tags": ["org"]}},
            },
        });
        let groups = groups(&document, "http://x");
        let found: Vec<_> = groups
            .iter()
            .map(|group| {
                let calls: Vec<_> = group.operations.iter().map(OperationView::call).collect();
                (group.title.as_str(), calls.join(" "))
            })
            .collect();
        assert_eq!(
            found,
            [
                ("Identity", "GET /v1/me GET /v1/org".to_owned()),
                ("API keys", "GET /v1/api_keys POST /v1/api_keys".to_owned()),
                ("Agent tokens", "GET /v1/agent_tokens".to_owned()),
                ("Service", "GET /healthz".to_owned()),
            ]
        );
        assert_eq!(groups[2].about, "Tokens.");
    }
}
