//! What the file in the program says.

use domain::billing::catalogue::{CheckoutMode, PlanKind, RateCard};
use domain::billing::grant::Renewal;
use domain::billing::plan::PlanKey;
use domain::money::Usd;

use crate::catalogue::{BUILTIN, builtin, parse};

fn usd(text: &str) -> Usd {
    text.parse().expect("an amount")
}

fn first() -> RateCard {
    let catalogue = builtin();
    catalogue
        .version("rc_2026_11_01")
        .expect("the first card")
        .as_ref()
        .clone()
}

#[test]
fn the_catalogue_in_the_program_has_the_plans_of_the_first_version() {
    use {CheckoutMode as Mode, PlanKey as P, PlanKind as Kind};
    let card = first();
    assert_eq!(card.effective_from.rfc3339(), "2026-11-01T00:00:00.000Z");
    assert_eq!(
        (card.grant.calls, card.grant.renewal),
        (250, Renewal::Monthly)
    );
    assert_eq!(
        card.plans.iter().map(|p| p.key).collect::<Vec<_>>(),
        PlanKey::ALL
    );
    let rows = [
        (
            P::SandboxGrant,
            Kind::Grant,
            Mode::None,
            Some("0"),
            None,
            None,
            (1, 1, Some(10)),
            "0",
            "internal_evaluation",
        ),
        (
            P::Payg,
            Kind::Metered,
            Mode::Setup,
            Some("0"),
            None,
            None,
            (1, 3, None),
            "0",
            "internal_use",
        ),
        (
            P::Personal,
            Kind::Subscription,
            Mode::Subscription,
            Some("55"),
            Some("588"),
            None,
            (1, 5, Some(600)),
            "0.3",
            "internal_use",
        ),
        (
            P::Team,
            Kind::Subscription,
            Mode::Subscription,
            Some("239"),
            Some("2388"),
            None,
            (5, 25, Some(3000)),
            "0.5",
            "internal_use_shared",
        ),
        (
            P::Commercial,
            Kind::Contract,
            Mode::Sales,
            None,
            None,
            Some(("1500", "18000")),
            (25, 100, Some(10_000)),
            "0.6",
            "redistribution",
        ),
    ];
    for (key, kind, mode, monthly, annual, floors, counts, discount, rights) in rows {
        let plan = card.plan(key);
        assert!(plan.public && !plan.features.is_empty(), "{key}");
        assert_eq!((plan.kind(), plan.checkout_mode()), (kind, mode), "{key}");
        assert_eq!(
            (plan.monthly, plan.annual),
            (monthly.map(usd), annual.map(usd)),
            "{key}"
        );
        assert_eq!(plan.monthly_floor, floors.map(|f| usd(f.0)), "{key}");
        assert_eq!(plan.annual_floor, floors.map(|f| usd(f.1)), "{key}");
        assert_eq!(
            (plan.seats, plan.api_keys, plan.ai_queries),
            counts,
            "{key}"
        );
        assert_eq!(plan.discount.fraction(), discount, "{key}");
        assert_eq!(plan.rights, rights, "{key}");
    }
    let saved = PlanKey::ALL.map(|key| card.plan(key).annual_discount_percent());
    assert_eq!(saved, [0, 0, 10, 16, 0]);
}

#[test]
fn the_catalogue_in_the_program_has_the_families_of_the_first_version() {
    let card = first();
    let rows = [
        ("platform", "0", "me"),
        ("core_reads", "0.0060", "entity_resolve"),
        ("section_extract", "0.0120", "statements"),
        ("events_structured", "0.0100", "voting_results"),
        ("search", "0.0080", "search"),
        ("intelligence", "0.2500", "intelligence_query"),
        ("delivery_events", "0.0005", "stream_event"),
        ("stream", "0.0100", "stream_connection"),
    ];
    assert_eq!(card.families.len(), rows.len());
    for (key, unit, class) in rows {
        let family = card.family_of(class).expect(class);
        assert_eq!((family.key.as_str(), family.unit), (key, usd(unit)));
    }
    let reads = card.family_of("filing_retrieval").expect("a family");
    let on = |plan| card.unit_price(plan, reads).four_decimals().to_string();
    assert_eq!(on(PlanKey::Personal), "0.0042");
    assert_eq!(
        PlanKey::ALL.map(on),
        ["0.0060", "0.0060", "0.0042", "0.0030", "0.0024"]
    );
}

#[test]
fn the_file_in_the_program_has_no_mistake() {
    assert_eq!(parse(BUILTIN).err(), None);
}

#[test]
fn a_card_that_was_kept_before_there_were_limits_is_still_read_and_the_same() {
    let card = first();
    let mut kept = serde_json::to_value(&card).expect("a card is JSON");
    for plan in kept["plans"].as_array_mut().expect("plans") {
        for field in ["rate_share", "rate_keys"] {
            let taken = plan.as_object_mut().and_then(|plan| plan.remove(field));
            assert!(taken.is_some_and(|value| value.is_number()), "{field}");
        }
    }
    for family in kept["families"].as_array_mut().expect("families") {
        let taken = family
            .as_object_mut()
            .and_then(|family| family.remove("calls_a_minute"));
        assert!(taken.is_some_and(|value| value.is_number()));
    }
    let kept: RateCard = serde_json::from_value(kept).expect("a card");
    assert!(kept != card && kept.same_terms(&card));
}
