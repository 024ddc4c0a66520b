//! The exact form of what sets an account up.

use domain::billing::plan::{Interval, PlanKey};
use domain::money::Usd;
use providers::stripe::catalogue::{
    METER_EVENT, NewPortalConfiguration, NewPrice, NewProduct, USAGE_LOOKUP_KEY, lookup_key,
};
use serde_json::json;

use super::objects::price;
use super::peer::{Peer, Reply};
use super::requests::sent;

#[tokio::test]
async fn the_catalogue_is_set_up_so_that_it_is_found_again() {
    let product = json!({ "id": "secapi_team", "name": "Team", "active": true });
    let seen = sent(product, async |stripe| {
        let new = NewProduct {
            id: Some("secapi_team"),
            name: "Team",
            plan: Some(PlanKey::Team),
        };
        stripe.create_product("k", &new).await
    })
    .await;
    assert_eq!(
        seen.fields(),
        "id=secapi_team\nname=Team\nmetadata[secapi-plan]=team"
    );

    let seen = sent(price(), async |stripe| {
        let new = NewPrice {
            product: "secapi_team",
            plan: PlanKey::Team,
            interval: Interval::Annual,
            unit_amount: "990".parse().unwrap(),
        };
        stripe.create_price("k", &new).await
    })
    .await;
    assert_eq!(
        seen.fields(),
        "currency=usd
product=secapi_team
unit_amount=99000
recurring[interval]=year
lookup_key=secapi_team_annual
transfer_lookup_key=true
metadata[secapi-plan]=team
metadata[secapi-interval]=annual"
    );

    let seen = sent(price(), async |stripe| {
        stripe
            .create_usage_price("k", "secapi_usage", "mtr_1")
            .await
    })
    .await;
    assert_eq!(
        seen.fields(),
        "currency=usd
product=secapi_usage
unit_amount=1
recurring[interval]=month
recurring[usage_type]=metered
recurring[meter]=mtr_1
lookup_key=secapi_usage_cents
transfer_lookup_key=true
metadata[secapi-plan]=usage"
    );

    let meter = json!({ "id": "mtr_1", "event_name": METER_EVENT, "status": "active" });
    let seen = sent(meter, async |stripe| {
        stripe
            .create_meter("k", METER_EVENT, "Usage in cents")
            .await
    })
    .await;
    assert_eq!(
        seen.fields(),
        "display_name=Usage in cents
event_name=secapi_usage_cents
default_aggregation[formula]=sum
customer_mapping[event_payload_key]=stripe_customer_id
customer_mapping[type]=by_id
value_settings[event_payload_key]=value"
    );
}

#[tokio::test]
async fn the_portal_lets_people_change_among_the_prices_named() {
    let made = json!({ "id": "bpc_1", "active": true, "metadata": { "secapi-portal": "v1" } });
    let seen = sent(made, async |stripe| {
        let new = NewPortalConfiguration {
            tag: "v1",
            headline: None,
            products: &[
                ("prod_p", &["price_pm", "price_pa"]),
                ("prod_t", &["price_t"]),
            ],
        };
        let made = stripe.create_portal_configuration("k", &new).await?;
        assert_eq!(made.tag.as_deref(), Some("v1"));
        Ok(())
    })
    .await;
    assert_eq!(
        seen.fields(),
        "features[payment_method_update][enabled]=true
features[invoice_history][enabled]=true
features[subscription_cancel][enabled]=true
features[subscription_cancel][mode]=at_period_end
features[subscription_update][enabled]=true
features[subscription_update][default_allowed_updates][0]=price
features[subscription_update][proration_behavior]=always_invoice
features[subscription_update][products][0][product]=prod_p
features[subscription_update][products][0][prices][0]=price_pm
features[subscription_update][products][0][prices][1]=price_pa
features[subscription_update][products][1][product]=prod_t
features[subscription_update][products][1][prices][0]=price_t
metadata[secapi-portal]=v1"
    );
}

#[tokio::test]
async fn prices_are_looked_up_ten_keys_at_a_time() {
    let page = || Reply::Json(json!({ "object": "list", "data": [price()], "has_more": false }));
    let peer = Peer::that_says([page(), page()]).await;
    let keys = vec![lookup_key(PlanKey::Team, Interval::Monthly); 11];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = peer.stripe.prices(&keys).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].unit_amount, Usd::cents(99_000));
    assert_eq!(found[0].interval, Some(Interval::Annual));
    let seen = peer.seen();
    assert!(
        seen[0]
            .asked()
            .ends_with("lookup_keys[9]=secapi_team_monthly")
    );
    assert_eq!(
        seen[1].asked(),
        "limit=100\nlookup_keys[0]=secapi_team_monthly"
    );
    assert_eq!(USAGE_LOOKUP_KEY, "secapi_usage_cents");
}
