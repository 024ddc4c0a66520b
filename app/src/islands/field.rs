use domain::key::Label;
use domain::org::OrgName;
use leptos::prelude::*;

/// Which rule a field is checked by while it is typed; the server asks the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    OrgName,
    KeyLabel,
}

impl Rule {
    /// As it stands in `data-rule`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrgName => "org-name",
            Self::KeyLabel => "key-label",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::OrgName, Self::KeyLabel]
            .into_iter()
            .find(|rule| rule.name() == name)
    }

    /// What is wrong with the text, in words for the person typing it.
    pub fn complaint(self, text: &str) -> Option<String> {
        match self {
            Self::OrgName => OrgName::parse(text).err().map(|wrong| wrong.to_string()),
            Self::KeyLabel => Label::parse(text).err().map(|wrong| wrong.to_string()),
        }
    }
}

/// Stands inside a field whose `data-rule` names a [`Rule`]. It complains when the field is
/// left, and from then on as it is typed.
#[island]
pub fn FieldCheck() -> impl IntoView {
    let marker = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        let field = marker
            .get()
            .and_then(|marker| marker.closest("[data-rule]").ok().flatten());
        if let Some(field) = field {
            watch(&field);
        }
    });
    view! { <span node_ref=marker hidden></span> }
}

#[cfg(feature = "hydrate")]
fn watch(field: &web_sys::Element) {
    use super::browser::listen;
    use wasm_bindgen::JsCast;
    let find = |what| field.query_selector(what).ok().flatten();
    let rule = field
        .get_attribute("data-rule")
        .as_deref()
        .and_then(Rule::named);
    let (Some(rule), Some(input), Some(error)) = (rule, find("input"), find(".err")) else {
        return;
    };
    let Ok(input) = input.dyn_into::<web_sys::HtmlInputElement>() else {
        return;
    };
    let typed = input.clone();
    let check = move || {
        let complaint = rule.complaint(&typed.value());
        _ = if complaint.is_some() {
            typed.set_attribute("aria-invalid", "true")
        } else {
            typed.remove_attribute("aria-invalid")
        };
        error.set_text_content(complaint.as_deref());
    };
    let (check_typed, seen) = (check.clone(), input.clone());
    listen(&input, "input", move |_| {
        if seen.has_attribute("aria-invalid") {
            check_typed();
        }
    });
    let left = input.clone();
    listen(&input, "blur", move |_| {
        // Passing through an empty field is no mistake yet.
        if !left.value().is_empty() {
            check();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in [Rule::OrgName, Rule::KeyLabel] {
            assert_eq!(Rule::named(rule.name()), Some(rule));
        }
        assert_eq!(Rule::OrgName.complaint("Northwind"), None);
        assert!(Rule::OrgName.complaint(" ").is_some());
        assert_eq!(
            Rule::KeyLabel.complaint(""),
            None,
            "a key may go without a name"
        );
    }
}
