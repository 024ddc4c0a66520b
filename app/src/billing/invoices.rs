use domain::billing::remote::{Invoice, InvoiceStatus};
use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;

use super::view::{BillingView, UsageLine};
use super::words;
use crate::ui::{Section, Stamp, State, Style, grouped, unit_price};

/// Newest first. What came to nothing is left out: a usage month without usage has an invoice too.
#[component]
pub fn Invoices(invoices: Vec<Invoice>, now: Micros) -> impl IntoView {
    let shown: Vec<Invoice> = invoices
        .into_iter()
        .filter(|invoice| !invoice.due.is_zero() && invoice.status != InvoiceStatus::Draft)
        .collect();
    if shown.is_empty() {
        return view! {
            <Section id="invoices" title="Invoices">
                <p class="muted">"Nothing yet. Each invoice stands here with its amount, its status and a link to it."</p>
            </Section>
        }
        .into_any();
    }
    let rows: Vec<_> = shown.into_iter().map(|invoice| row(invoice, now)).collect();
    view! {
        <Section id="invoices" title="Invoices" note="Issued by the payment provider">
            <div class="stack">
                <table class="ledger" role="table">
                    <caption class="sr-only">"Invoices, newest first"</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"Invoice"</th>
                            <th scope="col" role="columnheader">"Issued"</th>
                            <th scope="col" role="columnheader">"Status"</th>
                            <th class="num" scope="col" role="columnheader">"Amount"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{rows}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

fn row(invoice: Invoice, now: Micros) -> impl IntoView {
    let issued = invoice.delinquent_since();
    let (mark, word) = words::status(invoice.status, invoice.attempts);
    let name = issued.format("%B %Y");
    let number = invoice.number.unwrap_or(invoice.id);
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {match invoice.hosted_url {
                    Some(url) => {
                        let label = format!("Invoice {number} of {name}");
                        view! { <a href=url aria-label=label>{name}</a> }.into_any()
                    }
                    None => name.into_any(),
                }}
                <span class="sub id">{number}</span>
            </th>
            <td role="cell" data-label="Issued">
                <Stamp at=issued style=Style::Short now=now />
            </td>
            <td role="cell" data-label="Status">
                <State mark=mark word=word />
            </td>
            <td role="cell" class="num first-num">
                {invoice.due.to_string()}
            </td>
        </tr>
    }
}

/// The calls of the running month at their prices.
pub fn usage(page: &BillingView) -> AnyView {
    let month = page.now.format("%B %Y");
    let title = "Usage this month";
    let until = page.now.format("1 to %-d %B %Y, %H:%M UTC");
    if page.usage.is_empty() {
        let what = format!(
            "No billed calls in {month}. Calls of the free grant and calls that fail cost nothing and are not listed here."
        );
        return view! {
            <Section id="usage" title=title note=until>
                <p class="muted">{what}</p>
            </Section>
        }
        .into_any();
    }
    let used = page.used();
    let several = page
        .usage
        .iter()
        .any(|line| line.plan != page.usage[0].plan);
    let row = |line: &UsageLine| {
        let family = page
            .rates
            .families
            .iter()
            .find(|family| family.key == line.family);
        let name = family.map_or_else(|| line.family.clone(), |family| family.name.clone());
        let plan = several.then(|| {
            let plan = page
                .rates
                .plans
                .iter()
                .find(|p| p.key.as_str() == line.plan);
            let name = plan.map_or_else(|| line.plan.clone(), |plan| plan.name.clone());
            view! { <span class="sub">{format!("on {name}")}</span> }
        });
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">
                    {name}
                    {plan}
                </th>
                <td role="cell" class="num" data-label="Calls">
                    {grouped(line.units)}
                </td>
                <td role="cell" class="num" data-label="Each">
                    {unit_price(line.unit)}
                </td>
                <td role="cell" class="num first-num">
                    {line.amount.to_string()}
                </td>
            </tr>
        }
    };
    let rows: Vec<_> = page.usage.iter().map(row).collect();
    view! {
        <Section id="usage" title=title note=until>
            <div class="stack">
                <table class="ledger" role="table">
                    <caption class="sr-only">{format!("Billed calls of {month}")}</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"Family"</th>
                            <th class="num" scope="col" role="columnheader">"Calls"</th>
                            <th class="num" scope="col" role="columnheader">"Each"</th>
                            <th class="num" scope="col" role="columnheader">"Amount"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{rows} {total(used)}</tbody>
                </table>
            </div>
            <p class="hint mt-3">"Each line is rounded to the cent once. The month is invoiced when it has ended."</p>
        </Section>
    }
    .into_any()
}

fn total(used: Usd) -> impl IntoView {
    view! {
        <tr role="row" class="total">
            <th scope="row" role="rowheader">
                "So far"
            </th>
            <td role="cell"></td>
            <td role="cell"></td>
            <td role="cell" class="num first-num">
                {used.to_string()}
            </td>
        </tr>
    }
}
