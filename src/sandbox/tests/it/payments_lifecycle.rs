//! Subscriptions through time.

use serde_json::{Value, json};

use crate::payments::{DAY, START, Shop, id};

fn statuses(invoices: &[Value]) -> Vec<&str> {
    invoices
        .iter()
        .map(|it| it["status"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_subscription_starts_paid_and_renews_on_its_day() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    let started = shop.subscribe(&customer, &price).await;
    let item = &started["items"]["data"][0];
    assert_eq!(started["status"], "active");
    assert_eq!(item["current_period_start"], START);
    let end = item["current_period_end"].as_i64().unwrap();
    let first = shop.invoices(&customer).await.remove(0);
    assert_eq!(first["billing_reason"], "subscription_create");
    assert_eq!(
        (&first["amount_paid"], &first["amount_remaining"]),
        (&json!(5500), &json!(0))
    );
    assert_eq!(
        first["parent"]["subscription_details"]["subscription"],
        started["id"]
    );
    shop.pass(end - START);
    let invoices = shop.invoices(&customer).await;
    assert_eq!(statuses(&invoices), ["paid", "draft"]);
    let moved = shop.subscription(&id(&started)).await;
    assert_eq!(moved["items"]["data"][0]["current_period_start"], end);
    shop.pass(3_600);
    let invoices = shop.invoices(&customer).await;
    assert_eq!(statuses(&invoices), ["paid", "paid"]);
    assert_eq!(invoices[1]["billing_reason"], "subscription_cycle");
    assert_eq!(invoices[1]["status_transitions"]["paid_at"], end + 3_600);
}

#[tokio::test]
async fn a_jump_of_a_year_takes_every_step() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    shop.subscribe(&customer, &price).await;
    shop.pass(366 * DAY);
    let invoices = shop.invoices(&customer).await;
    assert_eq!(invoices.len(), 13);
    let times: Vec<i64> = invoices
        .iter()
        .map(|it| it["created"].as_i64().unwrap())
        .collect();
    assert!(times.is_sorted());
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 31 * DAY));
}

#[tokio::test]
async fn a_failing_card_is_retried_three_times_and_then_unpaid() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "year").await;
    let customer = shop.payer("pm_card_visa").await;
    let subscription = id(&shop.subscribe(&customer, &price).await);
    replace_card(&shop, &customer, "pm_card_chargeCustomerFail").await;
    shop.pass(365 * DAY + 3_600);
    for (wait, attempts, status) in [
        (0, 1, "past_due"),
        (3, 2, "past_due"),
        (4, 3, "past_due"),
        (7, 4, "unpaid"),
    ] {
        shop.pass(wait * DAY);
        let invoice = shop.invoices(&customer).await.pop().unwrap();
        assert_eq!(
            (&invoice["status"], &invoice["attempt_count"]),
            (&json!("open"), &json!(attempts))
        );
        assert_eq!(invoice["next_payment_attempt"].is_null(), attempts == 4);
        assert_eq!(shop.subscription(&subscription).await["status"], status);
    }
    assert_eq!(shop.count("invoice.payment_failed").await, 4);
    let invoice = id(&shop.invoices(&customer).await[1]);
    let path = format!("/v1/invoices/{invoice}");
    let pairs = [("expand[]", "payments.data.payment.payment_intent")];
    let expanded = shop.get(&path, &pairs).await;
    let payment = &expanded["payments"]["data"][0];
    let error = &payment["payment"]["payment_intent"]["last_payment_error"];
    assert_eq!(
        (&payment["status"], &error["decline_code"]),
        (&json!("open"), &json!("generic_decline"))
    );

    let refused = shop.refusal("POST", &format!("{path}/pay"), &[]).await;
    assert_eq!((refused.0, refused.1.as_str()), (402, "card_declined"));
    replace_card(&shop, &customer, "pm_card_mastercard").await;
    assert_eq!(
        shop.post(&format!("{path}/pay"), &[]).await["status"],
        "paid"
    );
    assert_eq!(shop.subscription(&subscription).await["status"], "active");
    let again = shop.refusal("POST", &format!("{path}/pay"), &[]).await;
    assert_eq!(again.1, "invoice_already_paid");
}

async fn replace_card(shop: &Shop, customer: &str, token: &str) {
    let path = format!("/v1/payment_methods/{token}/attach");
    let card = id(&shop.post(&path, &[("customer", customer)]).await);
    let pairs = [("invoice_settings[default_payment_method]", card.as_str())];
    shop.post(&format!("/v1/customers/{customer}"), &pairs)
        .await;
}

#[tokio::test]
async fn a_renewal_that_needs_its_owner_says_so() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    shop.subscribe(&customer, &price).await;
    replace_card(&shop, &customer, "pm_card_authenticationRequired").await;
    shop.pass(32 * DAY);
    assert_eq!(shop.count("invoice.payment_action_required").await, 1);
}

#[tokio::test]
async fn an_unpaid_start_expires() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.customer().await;
    let started = shop.subscribe(&customer, &price).await;
    assert_eq!(started["status"], "incomplete");
    shop.pass(DAY);
    assert_eq!(
        shop.subscription(&id(&started)).await["status"],
        "incomplete_expired"
    );
    assert_eq!(statuses(&shop.invoices(&customer).await), ["void"]);
}

#[tokio::test]
async fn cancelling_at_the_end_of_the_period_waits_for_it() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    let started = shop.subscribe(&customer, &price).await;
    let path = format!("/v1/subscriptions/{}", id(&started));
    let leaving = shop.post(&path, &[("cancel_at_period_end", "true")]).await;
    let end = &started["items"]["data"][0]["current_period_end"];
    assert_eq!(
        (&leaving["status"], &leaving["cancel_at"]),
        (&json!("active"), end)
    );
    shop.pass(32 * DAY);
    let left = shop.subscription(&id(&started)).await;
    assert_eq!(
        (&left["status"], &left["ended_at"]),
        (&json!("canceled"), end)
    );
    assert_eq!(shop.invoices(&customer).await.len(), 1);
    assert_eq!(shop.count("customer.subscription.deleted").await, 1);
    let running = shop
        .get("/v1/subscriptions", &[("customer", &customer)])
        .await;
    assert_eq!(running["data"], json!([]));
    let pairs = [("customer", customer.as_str()), ("status", "all")];
    assert_eq!(
        shop.get("/v1/subscriptions", &pairs).await["data"][0]["id"],
        left["id"]
    );
}

#[tokio::test]
async fn a_dearer_plan_is_charged_for_the_rest_and_a_cheaper_one_credited() {
    let shop = Shop::new().await;
    let personal = shop.price("personal", "5500", "month").await;
    let team = shop.price("team", "23900", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    let started = shop.subscribe(&customer, &personal).await;
    let item = id(&started["items"]["data"][0]);
    let path = format!("/v1/subscriptions/{}", id(&started));
    let to = |price: &str| {
        [
            ("items[0][id]".to_owned(), item.clone()),
            ("items[0][price]".to_owned(), price.to_owned()),
            ("proration_behavior".to_owned(), "always_invoice".to_owned()),
        ]
    };
    for (price, total, balance) in [(&team, 18_400, 0), (&personal, -18_400, -18_400)] {
        let pairs = to(price);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        shop.post(&path, &pairs).await;
        let invoice = shop.invoices(&customer).await.pop().unwrap();
        assert_eq!(
            (&invoice["total"], &invoice["status"]),
            (&json!(total), &json!("paid"))
        );
        assert_eq!(invoice["lines"]["data"].as_array().unwrap().len(), 2);
        let owner = shop.get(&format!("/v1/customers/{customer}"), &[]).await;
        assert_eq!(owner["balance"], balance);
    }
    shop.pass(32 * DAY);
    let renewal = shop.invoices(&customer).await.pop().unwrap();
    assert_eq!(
        (&renewal["total"], &renewal["amount_due"]),
        (&json!(5500), &json!(0))
    );
    assert_eq!(renewal["ending_balance"], -12_900);
}

#[tokio::test]
async fn another_interval_begins_a_new_period_now() {
    let shop = Shop::new().await;
    let month = shop.price("personal", "5500", "month").await;
    let year = shop.price("personal", "58800", "year").await;
    let customer = shop.payer("pm_card_visa").await;
    let started = shop.subscribe(&customer, &month).await;
    let end = started["items"]["data"][0]["current_period_end"]
        .as_i64()
        .unwrap();
    let half = (end - START) / 2;
    shop.pass(half);
    let item = id(&started["items"]["data"][0]);
    let path = format!("/v1/subscriptions/{}", id(&started));
    let pairs = [("items[0][id]", item.as_str()), ("items[0][price]", &year)];
    let moved = shop.post(&path, &pairs).await;
    assert_eq!(moved["billing_cycle_anchor"], START + half);
    let invoice = shop.invoices(&customer).await.pop().unwrap();
    assert_eq!(invoice["total"], 58_800 - 2_750);
    assert_eq!(invoice["billing_reason"], "subscription_update");
}

#[tokio::test]
async fn usage_is_charged_after_its_period_with_what_came_late() {
    let shop = Shop::new().await;
    let meter = shop
        .post(
            "/v1/billing/meters",
            &[
                ("display_name", "Calls"),
                ("event_name", "calls"),
                ("default_aggregation[formula]", "sum"),
            ],
        )
        .await;
    let price = shop
        .post(
            "/v1/prices",
            &[
                ("currency", "usd"),
                ("unit_amount_decimal", "0.42"),
                ("recurring[interval]", "month"),
                ("recurring[usage_type]", "metered"),
                ("recurring[meter]", &id(&meter)),
                ("product_data[name]", "Calls"),
            ],
        )
        .await;
    let customer = shop.payer("pm_card_visa").await;
    let started = shop.subscribe(&customer, &id(&price)).await;
    assert_eq!(started["status"], "active");
    let end = started["items"]["data"][0]["current_period_end"]
        .as_i64()
        .unwrap();
    let report = async |value: &str, at: i64| {
        let at = at.to_string();
        let pairs = [
            ("event_name", "calls"),
            ("payload[stripe_customer_id]", customer.as_str()),
            ("payload[value]", value),
            ("timestamp", &at),
        ];
        shop.post("/v1/billing/meter_events", &pairs).await
    };
    report("1000", START).await;
    shop.pass(end - START + 60);
    report("500", end - 1).await;
    report("7", end).await;
    shop.pass(3_600);
    let invoice = shop.invoices(&customer).await.pop().unwrap();
    assert_eq!(
        (&invoice["status"], &invoice["amount_paid"]),
        (&json!("paid"), &json!(630))
    );
    let line = &invoice["lines"]["data"][0];
    assert_eq!(
        (&line["quantity"], &line["pricing"]["unit_amount_decimal"]),
        (&json!(1500), &json!("0.42"))
    );
}

#[tokio::test]
async fn an_invoice_given_up_or_voided_lets_the_subscription_go_on() {
    let shop = Shop::new().await;
    for (verb, status) in [("void", "void"), ("mark_uncollectible", "uncollectible")] {
        let price = shop.price(verb, "5500", "month").await;
        let customer = shop.payer("pm_card_visa").await;
        let subscription = id(&shop.subscribe(&customer, &price).await);
        replace_card(&shop, &customer, "pm_card_chargeCustomerFail").await;
        shop.pass(31 * DAY + 3_600);
        let invoice = id(shop.invoices(&customer).await.last().unwrap());
        assert_eq!(shop.subscription(&subscription).await["status"], "past_due");
        let after = shop
            .post(&format!("/v1/invoices/{invoice}/{verb}"), &[])
            .await;
        assert_eq!(after["status"], status);
        assert_eq!(shop.subscription(&subscription).await["status"], "active");
    }
}
