use domain::billing::catalogue::{Plan, RateCard};
use domain::billing::plan::Interval;
use leptos::prelude::*;

use super::by_the_month;

/// Links that show prices by the year or by the month.
///
/// `here` is the page itself, without a query; `anchor` the section to come back to.
pub fn intervals(rates: &RateCard, here: &str, anchor: &str, chosen: Interval) -> AnyView {
    let savings: Vec<i64> = rates
        .plans
        .iter()
        .filter(|plan| plan.annual.is_some())
        .map(Plan::annual_discount_percent)
        .collect();
    let most = savings.iter().copied().max().unwrap_or(0);
    let same = savings.iter().all(|saving| *saving == most);
    let annual = match (most, same) {
        (0, _) => "By the year".to_owned(),
        (most, true) => format!("By the year, {most} % less"),
        (most, false) => format!("By the year, up to {most} % less"),
    };
    let link = |interval: Interval, word: String| {
        let current = (interval == chosen).then_some("true");
        view! {
            <a href=format!("{here}?interval={interval}#{anchor}") aria-current=current>
                {word}
            </a>
        }
    };
    view! {
        <p class="chips" role="group" aria-label="Billing interval">
            {link(Interval::Annual, annual)}
            {link(Interval::Monthly, "By the month".to_owned())}
        </p>
    }
    .into_any()
}

/// A plan's fixed price: by the month in the figure, by the year beside it.
pub fn price(plan: &Plan, interval: Interval) -> AnyView {
    let (before, figure, after) = told(plan, interval);
    view! {
        <span class="price">
            {(!before.is_empty()).then(|| view! { <span class="unit">{before}</span> " " })}
            <strong>{figure}</strong>
            " "
            <span class="unit">{after}</span>
        </span>
    }
    .into_any()
}

fn told(plan: &Plan, interval: Interval) -> (&'static str, String, String) {
    let month = "a month".to_owned();
    if let Some(floor) = plan.monthly_floor {
        return ("from", floor.to_string(), month);
    }
    match (interval, plan.annual, plan.monthly) {
        (Interval::Annual, Some(year), _) => match by_the_month(year) {
            Some(by_month) => ("", by_month.to_string(), format!("a month, {year} a year")),
            None => ("", year.to_string(), "a year".to_owned()),
        },
        (_, _, Some(monthly)) => ("", monthly.to_string(), month),
        (_, Some(year), None) => ("", year.to_string(), "a year".to_owned()),
        (_, None, None) => ("", "by agreement".to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::billing::plan::PlanKey;

    #[test]
    fn a_years_price_is_told_by_the_month_and_in_all() {
        let rates = platform::catalogue::builtin();
        let rates = &rates.cards()[0];
        let team = |interval| told(rates.plan(PlanKey::Team), interval);
        assert_eq!(
            team(Interval::Annual),
            ("", "$199.00".into(), "a month, $2,388.00 a year".into())
        );
        assert_eq!(
            team(Interval::Monthly),
            ("", "$239.00".into(), "a month".into())
        );
        let contract = told(rates.plan(PlanKey::Commercial), Interval::Annual);
        assert_eq!(contract, ("from", "$1,500.00".into(), "a month".into()));
    }
}
