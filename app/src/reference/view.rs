//! How the parts of the reference look.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::operation::{AnswerView, OperationView};
use super::schema::FieldRow;
use super::slug;
use crate::ui::{Code, Json, JsonLine, Mark, prose};

/// Where an object is described.
pub fn object_anchor(name: &str) -> String {
    format!("object-{}", slug(name))
}

/// What every operation has in common, and need not say again.
#[derive(Clone, Debug, Default)]
pub struct Common {
    pub parameters: Vec<FieldRow>,
    pub headers: Vec<FieldRow>,
}

impl Common {
    /// Of all operations that need a key.
    pub fn of<'a>(operations: impl Iterator<Item = &'a OperationView> + Clone) -> Self {
        let keyed = operations.filter(|op| op.keyed);
        let everywhere = |rows: Vec<FieldRow>, has: &dyn Fn(&OperationView, &FieldRow) -> bool| {
            rows.into_iter()
                .filter(|row| keyed.clone().all(|op| has(op, row)))
                .collect()
        };
        let first = keyed.clone().next();
        let parameters = first.map(|op| op.parameters.clone()).unwrap_or_default();
        let headers: BTreeMap<_, _> = first.map(|op| op.headers.clone()).unwrap_or_default();
        Self {
            parameters: everywhere(parameters, &|op, row| op.parameters.contains(row)),
            headers: everywhere(headers.into_values().collect(), &|op, row| {
                op.headers.contains_key(&row.path)
            }),
        }
    }
}

#[component]
pub fn Operation(op: OperationView, common: Common) -> impl IntoView {
    let heading = format!("{}-h", op.anchor);
    let labelled = heading.clone();
    let call = op.call();
    let needs = match (op.keyed, op.scopes.as_slice()) {
        (false, _) => "No key needed.".to_owned(),
        (true, []) => "Any key that works.".to_owned(),
        (true, scopes) => format!("A key with `{}`.", scopes.join("` or `")),
    };
    let own = |mut rows: Vec<FieldRow>, shared: Vec<FieldRow>| {
        rows.retain(|row| !shared.contains(row));
        rows
    };
    let parameters = own(op.parameters, common.parameters);
    let mut headers = own(op.headers.into_values().collect(), common.headers);
    headers.retain(|_| op.keyed);
    let example = op.example.filter(|(_, lines)| !lines.is_empty());
    view! {
        <article class="op" id=op.anchor.clone() aria-labelledby=labelled>
            <h3 id=heading>
                <a href=format!("#{}", op.anchor)>
                    <code>{op.method} " " <b>{op.path}</b></code>
                </a>
            </h3>
            <p>{prose(&op.summary)} ". " <span class="muted">{prose(&needs)}</span></p>
            {(!op.about.is_empty()).then(|| view! { <p class="muted">{prose(&op.about)}</p> })}
            <Rows title="Parameters" rows=parameters />
            <Rows title="Body" rows=op.body />
            <h4>"Request"</h4>
            <Code label=format!("curl command for {call}") text=op.curl />
            {example.map(|(status, lines)| view! { <Answer call=call status=status lines=lines /> })}
            <Answers answers=op.answers />
            <Rows title="Headers of its own" rows=headers />
        </article>
    }
    .into_any()
}

#[component]
fn Answer(call: String, status: String, lines: Vec<JsonLine>) -> impl IntoView {
    view! {
        <h4>{format!("Answer, {status}")}</h4>
        <Json label=format!("Answer of {call}") lines=lines />
    }
}

/// Every status it answers with: the object or the codes, and what it means.
#[component]
fn Answers(answers: Vec<AnswerView>) -> impl IntoView {
    let each = answers
        .into_iter()
        .map(|answer| {
            let object = answer.object.map(|name| {
                view! {
                    <a href=format!("#{}", object_anchor(&name))>
                        <code>{name.clone()}</code>
                    </a>
                }
            });
            let codes = answer
                .codes
                .into_iter()
                .map(|code| view! { <code>{code}</code> " " })
                .collect_view();
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row">
                        <span class=Mark::of_status(answer.status).class()>{answer.status}</span>
                    </th>
                    <td role="cell">{object} {codes}</td>
                    <td role="cell">{prose(&answer.meaning)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="answers">
            <table class="ledger" role="table">
                <caption>"All answers"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {["Status", "Object or code", "Meaning"]
                            .map(|head| view! { <th role="columnheader" scope="col">{head}</th> })}
                    </tr>
                </thead>
                <tbody role="rowgroup">{each}</tbody>
            </table>
        </div>
    }
}

/// Fields as a list of definitions; nothing at all when there are none.
#[component]
pub fn Rows(
    #[prop(optional)] title: &'static str,
    rows: Vec<FieldRow>,
    /// Fields of an answer: what is worth saying is that one may be missing.
    #[prop(optional)]
    answered: bool,
    /// Stands right under a chapter, not under one operation.
    #[prop(optional)]
    chapter: bool,
) -> impl IntoView {
    (!rows.is_empty()).then(|| {
        let each = rows
            .into_iter()
            .map(|row| {
                let note = match (answered, row.required) {
                    (true, false) => " not always",
                    (false, true) => " required",
                    _ => "",
                };
                view! {
                    <div>
                        <dt>
                            <code>{row.path.clone()}</code>
                            {(!note.is_empty()).then(|| view! { <span class="unit">{note}</span> })}
                        </dt>
                        <dd>
                            {(!row.about.is_empty()).then(|| view! { <span>{prose(&row.about)}</span> })}
                            <span class="unit">{kind(&row)}</span>
                        </dd>
                    </div>
                }
            })
            .collect_view();
        view! {
            {(!title.is_empty())
                .then(|| {
                    if chapter {
                        view! { <h3 class="small">{title}</h3> }.into_any()
                    } else {
                        view! { <h4>{title}</h4> }.into_any()
                    }
                })}
            <dl class="rows">{each}</dl>
        }
    })
}

/// The type in words; the name of an object leads to it.
fn kind(row: &FieldRow) -> AnyView {
    let parts = row
        .object
        .as_deref()
        .and_then(|name| Some((name, row.kind.split_once(name)?)));
    match parts {
        None => prose(&row.kind),
        Some((name, (before, after))) => view! {
            {before.to_owned()}
            <a href=format!("#{}", object_anchor(name))>{name.to_owned()}</a>
            {after.to_owned()}
        }
        .into_any(),
    }
}
