//! The hosted pages, form by form.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::payments::{DAY, Pairs, Shop, id};

const SUCCESS: &str = "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}";

async fn session(shop: &Shop, more: Pairs<'_>) -> Value {
    let mut pairs = vec![
        ("success_url", SUCCESS),
        ("cancel_url", "http://127.0.0.1:9/back"),
    ];
    pairs.extend(more);
    shop.post("/v1/checkout/sessions", &pairs).await
}

async fn again(shop: &Shop, session: &Value) -> Value {
    shop.get(&format!("/v1/checkout/sessions/{}", id(session)), &[])
        .await
}

#[tokio::test]
async fn setup_saves_a_card_without_making_it_the_default() {
    let shop = Shop::new().await;
    let customer = shop.customer().await;
    let more = [
        ("mode", "setup"),
        ("customer", &customer),
        ("metadata[intent]", "i1"),
        ("currency", "usd"),
    ];
    let open = session(&shop, &more).await;
    assert_eq!(
        (&open["status"], &open["payment_status"]),
        (&json!("open"), &json!("no_payment_required"))
    );
    let url = open["url"].as_str().unwrap();
    let page = shop.page(url).await;
    for part in [
        "Payment sandbox: no money moves",
        "Save card",
        "<legend>",
        "Cancel and go back",
        "http://127.0.0.1:9/back",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self' http://127.0.0.1:9;")
    );
    let done = shop.submit(url, &[("card", "4242")]).await;
    assert_eq!(
        done.location(),
        SUCCESS.replace("{CHECKOUT_SESSION_ID}", &id(&open))
    );
    let complete = again(&shop, &open).await;
    assert_eq!(
        (&complete["status"], &complete["url"]),
        (&json!("complete"), &Value::Null)
    );
    let path = format!(
        "/v1/setup_intents/{}",
        complete["setup_intent"].as_str().unwrap()
    );
    let intent = shop.get(&path, &[("expand[]", "payment_method")]).await;
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["payment_method"]["card"]["last4"], "4242");
    let owner = shop.get(&format!("/v1/customers/{customer}"), &[]).await;
    assert_eq!(
        owner["invoice_settings"]["default_payment_method"],
        Value::Null
    );
    assert!(
        shop.submit(url, &[("card", "4242")])
            .await
            .body
            .contains("This is done")
    );
    assert_eq!(
        shop.events().await[1..],
        [
            "setup_intent.created",
            "payment_method.attached",
            "setup_intent.succeeded",
            "checkout.session.completed"
        ]
    );
}

#[tokio::test]
async fn a_declined_card_leaves_the_page_open() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    for (mode, cards) in [
        ("setup", ["0002", "9995"]),
        ("subscription", ["0341", "9995"]),
    ] {
        let customer = shop.customer().await;
        let mut more = vec![("mode", mode), ("customer", customer.as_str())];
        if mode == "subscription" {
            more.extend([
                ("line_items[0][price]", price.as_str()),
                ("line_items[0][quantity]", "1"),
            ]);
        }
        let open = session(&shop, &more).await;
        let url = open["url"].as_str().unwrap();
        for card in cards {
            let declined = shop.submit(url, &[("card", card)]).await;
            assert_eq!(declined.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(
                declined.body.contains("role=\"alert\""),
                "{}",
                declined.body
            );
        }
        assert_eq!(again(&shop, &open).await["status"], "open");
        shop.submit(url, &[("card", "4444")]).await.location();
    }
    assert_eq!(shop.count("setup_intent.setup_failed").await, 2);
    assert_eq!(shop.count("customer.subscription.created").await, 1);
}

#[tokio::test]
async fn a_bank_may_ask_first() {
    let shop = Shop::new().await;
    let open = session(
        &shop,
        &[("mode", "setup"), ("customer_email", "new@example.com")],
    )
    .await;
    let url = open["url"].as_str().unwrap();
    let asked = shop.submit(url, &[("card", "3155")]).await;
    assert!(
        asked.body.contains("Complete authentication")
            && asked.body.contains("Fail authentication")
    );
    let failed = shop
        .submit(url, &[("card", "3155"), ("authentication", "fail")])
        .await;
    assert!(failed.body.contains("unable to authenticate"));
    let passed = shop
        .submit(url, &[("card", "3155"), ("authentication", "complete")])
        .await;
    passed.location();
    let complete = again(&shop, &open).await;
    assert_eq!(complete["customer_details"]["email"], "new@example.com");
    assert!(complete["customer"].as_str().unwrap().starts_with("cus_"));
}

#[tokio::test]
async fn a_subscription_begins_paid_with_its_metadata() {
    let shop = Shop::new().await;
    let price = shop.price("team", "23900", "month").await;
    let customer = shop.customer().await;
    let more = [
        ("mode", "subscription"),
        ("customer", &customer),
        ("client_reference_id", "org_1"),
        ("line_items[0][price]", &price),
        ("line_items[0][quantity]", "1"),
        ("subscription_data[metadata][org]", "org_1"),
    ];
    let open = session(&shop, &more).await;
    assert_eq!(
        (&open["amount_total"], &open["payment_status"]),
        (&json!(23_900), &json!("unpaid"))
    );
    let url = open["url"].as_str().unwrap();
    assert!(shop.page(url).await.body.contains("Pay $239.00"));
    shop.submit(url, &[("card", "4242")]).await.location();
    let pairs = [
        ("expand[0]", "subscription.latest_invoice"),
        ("expand[1]", "line_items"),
    ];
    let path = format!("/v1/checkout/sessions/{}", id(&open));
    let complete = shop.get(&path, &pairs).await;
    assert_eq!(complete["payment_status"], "paid");
    let subscription = &complete["subscription"];
    assert_eq!(
        (&subscription["status"], &subscription["metadata"]["org"]),
        (&json!("active"), &json!("org_1"))
    );
    assert_eq!(subscription["latest_invoice"]["status"], "paid");
    assert_eq!(complete["line_items"]["data"][0]["price"]["id"], price);
    let listed = shop
        .get("/v1/checkout/sessions", &[("customer", &customer)])
        .await;
    assert_eq!(listed["data"][0]["id"], open["id"]);
}

#[tokio::test]
async fn a_session_expires_by_request_and_by_time() {
    let shop = Shop::new().await;
    let by_request = session(&shop, &[("mode", "setup")]).await;
    let by_time = session(&shop, &[("mode", "setup")]).await;
    let path = format!("/v1/checkout/sessions/{}/expire", id(&by_request));
    assert_eq!(shop.post(&path, &[]).await["status"], "expired");
    assert_eq!(shop.refusal("POST", &path, &[]).await.0, 400);
    shop.pass(DAY);
    assert_eq!(again(&shop, &by_time).await["status"], "expired");
    assert_eq!(shop.count("checkout.session.expired").await, 2);
    let url = by_time["url"].as_str().unwrap();
    assert_eq!(
        shop.submit(url, &[("card", "4242")]).await.status,
        StatusCode::GONE
    );
}

#[tokio::test]
async fn forms_from_other_sites_are_refused() {
    let shop = Shop::new().await;
    let open = session(&shop, &[("mode", "setup")]).await;
    let headers = [("origin", "https://attacker.example")];
    let url = open["url"].as_str().unwrap();
    let answer = shop
        .send("POST", url, &headers, "card=4242".to_owned())
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(again(&shop, &open).await["status"], "open");
}

async fn portal(shop: &Shop, customer: &str, more: Pairs<'_>) -> String {
    let mut pairs = vec![
        ("customer", customer),
        ("return_url", "http://127.0.0.1:9/billing"),
    ];
    pairs.extend(more);
    let portal = shop.post("/v1/billing_portal/sessions", &pairs).await;
    portal["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_portal_switches_cancels_and_resumes() {
    let shop = Shop::new().await;
    let personal = shop.price("personal", "5500", "month").await;
    let team = shop.price("team", "23900", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    let subscription = id(&shop.subscribe(&customer, &personal).await);
    let url = portal(&shop, &customer, &[]).await;
    let page = shop.page(&url).await.body;
    for part in [
        "$55.00 per month",
        "$239.00 per month",
        "Switch plan",
        "Cancel plan",
        "Update card",
        "Return to the application",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let done = shop
        .submit(&url, &[("action", "switch"), ("price", &team)])
        .await;
    assert!(
        shop.page(done.location())
            .await
            .body
            .contains("The plan is changed.")
    );
    let now = shop.subscription(&subscription).await;
    assert_eq!(now["items"]["data"][0]["price"]["id"], team);
    shop.submit(&url, &[("action", "cancel")]).await.location();
    assert_eq!(
        shop.subscription(&subscription).await["cancel_at_period_end"],
        true
    );
    assert!(shop.page(&url).await.body.contains("Resume plan"));
    shop.submit(&url, &[("action", "resume")]).await.location();
    assert_eq!(
        shop.subscription(&subscription).await["cancel_at_period_end"],
        false
    );
}

#[tokio::test]
async fn a_new_card_in_the_portal_pays_what_is_open() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.customer().await;
    let more = [
        ("mode", "subscription"),
        ("customer", &customer),
        ("line_items[0][price]", &price),
    ];
    let open = session(&shop, &more).await;
    shop.submit(open["url"].as_str().unwrap(), &[("card", "4242")])
        .await
        .location();
    shop.switch(json!({ "payments": { "fail": 1 } })).await;
    shop.pass(31 * DAY + 3_600);
    let subscription = again(&shop, &open).await["subscription"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(shop.subscription(&subscription).await["status"], "past_due");
    let back = "http://127.0.0.1:9/after";
    let flow = [
        ("flow_data[type]", "payment_method_update"),
        ("flow_data[after_completion][type]", "redirect"),
        ("flow_data[after_completion][redirect][return_url]", back),
    ];
    let url = portal(&shop, &customer, &flow).await;
    let page = shop.page(&url).await.body;
    assert!(page.contains("Update card") && !page.contains("Switch plan"));
    let declined = shop
        .submit(&url, &[("action", "card"), ("card", "0002")])
        .await;
    assert_eq!(declined.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = shop
        .submit(&url, &[("action", "card"), ("card", "3155")])
        .await;
    assert!(asked.body.contains("name=\"action\" value=\"card\""));
    let pairs = [
        ("action", "card"),
        ("card", "3155"),
        ("authentication", "complete"),
    ];
    assert_eq!(shop.submit(&url, &pairs).await.location(), back);
    assert_eq!(shop.subscription(&subscription).await["status"], "active");
}

#[tokio::test]
async fn an_invoice_has_a_page_that_takes_cards() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.customer().await;
    let subscription = id(&shop.subscribe(&customer, &price).await);
    let invoice = shop.invoices(&customer).await.remove(0);
    let url = invoice["hosted_invoice_url"].as_str().unwrap();
    assert!(shop.page(url).await.body.contains("Pay $55.00"));
    let declined = shop.submit(url, &[("card", "0002")]).await;
    assert!(declined.body.contains("Your card was declined."));
    let asked = shop.submit(url, &[("card", "3184")]).await;
    assert!(asked.body.contains("Complete authentication"));
    let paid = shop
        .submit(url, &[("card", "3184"), ("authentication", "complete")])
        .await;
    assert!(shop.page(paid.location()).await.body.contains("Paid"));
    assert_eq!(shop.subscription(&subscription).await["status"], "active");
    let listed = portal(&shop, &customer, &[]).await;
    assert!(
        shop.page(&listed)
            .await
            .body
            .contains(invoice["number"].as_str().unwrap())
    );
}
