use domain::billing::catalogue::{BasisPoints, RateCard};
use domain::billing::remote::Card;
use domain::money::Usd;
use leptos::prelude::*;

/// A price of one unit: `$0.0042`, with more than four decimals only where it has them.
pub fn unit_price(price: Usd) -> String {
    if price.as_micros() % 100 == 0 {
        format!("${}", price.four_decimals())
    } else {
        format!("${}", price.exact())
    }
}

/// A yearly price by the month, where that is a whole number of cents.
pub fn by_the_month(year: Usd) -> Option<Usd> {
    let month = Usd::micros(year.as_micros() / 12);
    (month.times(12) == Some(year) && Usd::cents(month.as_cents()) == Some(month)).then_some(month)
}

/// `30 % off every call`, or that there is nothing off.
pub fn discount(off: BasisPoints) -> String {
    if off.0 == 0 {
        "list prices".to_owned()
    } else {
        format!("{} off every call", off.percent())
    }
}

/// `250 free calls a month, no card`
pub fn free_calls(rates: &RateCard) -> String {
    use domain::billing::grant::Renewal;
    let calls = super::counted(rates.grant.calls, "free call", "free calls");
    match rates.grant.renewal {
        Renewal::Monthly => format!("{calls} a month"),
        Renewal::Never => calls,
    }
}

/// `Visa ending 4242`
pub fn card_name(card: &Card) -> String {
    let brand = match card.brand.as_str() {
        "amex" => "American Express".to_owned(),
        "jcb" => "JCB".to_owned(),
        "unionpay" => "UnionPay".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(
                || "Card".to_owned(),
                |first| first.to_uppercase().collect::<String>() + letters.as_str(),
            )
        }
    };
    format!("{brand} ending {}", card.last4)
}

/// The one figure of a page when it is money: the cents are smaller.
#[component]
pub fn HeroAmount(
    #[prop(into)] label: String,
    amount: Usd,
    #[prop(optional, into)] unit: String,
) -> impl IntoView {
    let text = amount.to_string();
    let (sign, figures) = text.split_once('$').unwrap_or(("", &text));
    let (whole, cents) = figures.split_once('.').unwrap_or((figures, "00"));
    view! {
        <div>
            <p class="muted">{label}</p>
            <p class="hero">
                <small>{format!("{sign}$")}</small>
                {whole.to_owned()}
                <small>{format!(".{cents}")}</small>
                {(!unit.is_empty()).then(|| view! { <small class="after">{unit}</small> })}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_prices_have_the_decimals_they_need() {
        assert_eq!(unit_price(Usd::micros(4_200)), "$0.0042");
        assert_eq!(unit_price(Usd::micros(250_000)), "$0.2500");
        assert_eq!(unit_price(Usd::micros(4_225)), "$0.004225");
    }

    #[test]
    fn a_year_is_told_by_the_month_only_where_it_divides() {
        let dollars = |amount: i64| Usd::micros(amount * 1_000_000);
        assert_eq!(by_the_month(dollars(588)), Some(dollars(49)));
        assert_eq!(by_the_month(dollars(589)), None);
    }

    #[test]
    fn cards_are_called_what_stands_on_them() {
        let card = |brand: &str| Card {
            id: "pm_1".into(),
            brand: brand.into(),
            last4: "4242".into(),
            exp_month: 8,
            exp_year: 2028,
        };
        for (brand, name) in [
            ("visa", "Visa ending 4242"),
            ("amex", "American Express ending 4242"),
            ("", "Card ending 4242"),
        ] {
            assert_eq!(card_name(&card(brand)), name);
        }
    }
}
