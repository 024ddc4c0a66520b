//! `/v1`, family by family.

use serde_json::{Value, json};

use crate::payments::{DAY, KEY, START, Shop, id};

#[tokio::test]
async fn only_the_key_opens_the_api() {
    let shop = Shop::new().await;
    for (header, status) in [
        ("Bearer sk_test_other", 401),
        ("Bearer sk_test_sandbox", 200),
        // The key as user name, no password.
        ("Basic c2tfdGVzdF9zYW5kYm94Og==", 200),
        ("Basic c2tfdGVzdF9vdGhlcjo=", 401),
    ] {
        let answer = shop
            .send(
                "GET",
                "/v1/customers",
                &[("authorization", header)],
                String::new(),
            )
            .await;
        assert_eq!(answer.status, status, "{header}");
        assert!(answer.header("request-id").starts_with("req_"));
    }
    let nobody = shop.send("GET", "/v1/customers", &[], String::new()).await;
    assert_eq!(nobody.status, 401);
    assert_eq!(nobody.json()["error"]["type"], "invalid_request_error");
}

#[tokio::test]
async fn the_version_is_echoed_or_refused() {
    let shop = Shop::new().await;
    let bearer = format!("Bearer {KEY}");
    for (version, status) in [("2026-07-29.dahlia", 200), ("2020-08-27", 400)] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("stripe-version", version),
        ];
        let answer = shop
            .send("GET", "/v1/prices", &headers, String::new())
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("stripe-version")),
            (status, version)
        );
    }
}

#[tokio::test]
async fn customers_are_created_changed_listed_and_deleted() {
    let shop = Shop::new().await;
    let ada = shop
        .post(
            "/v1/customers",
            &[
                ("email", "ada@example.com"),
                ("metadata[org]", "org_1"),
                ("metadata[x]", "y"),
            ],
        )
        .await;
    assert!(id(&ada).starts_with("cus_"));
    assert_eq!(
        (&ada["object"], &ada["created"]),
        (&json!("customer"), &json!(START))
    );
    assert_eq!(ada["livemode"], false);
    let path = format!("/v1/customers/{}", id(&ada));
    let changed = shop
        .post(&path, &[("name", "Ada"), ("metadata[x]", "")])
        .await;
    assert_eq!(
        (&changed["name"], &changed["metadata"]),
        (&json!("Ada"), &json!({"org": "org_1"}))
    );
    shop.post("/v1/customers", &[("email", "bob@example.com")])
        .await;
    let found = shop
        .get("/v1/customers", &[("email", "ada@example.com")])
        .await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let gone = shop.call("DELETE", &path, &[]).await.json();
    assert_eq!(gone["deleted"], true);
    assert_eq!(shop.get(&path, &[]).await["deleted"], true);
    let events = shop.events().await;
    assert_eq!(
        events,
        [
            "customer.created",
            "customer.updated",
            "customer.created",
            "customer.deleted"
        ]
    );
    let updated = shop
        .get("/v1/events", &[("type", "customer.updated")])
        .await;
    let previous = &updated["data"][0]["data"]["previous_attributes"];
    assert_eq!(previous, &json!({"metadata": {"x": "y"}, "name": null}));
}

#[tokio::test]
async fn what_does_not_exist_is_missing() {
    let shop = Shop::new().await;
    for path in [
        "/v1/customers/cus_x",
        "/v1/prices/price_x",
        "/v1/checkout/sessions/cs_x",
        "/v1/subscriptions/sub_x",
        "/v1/invoices/in_x",
        "/v1/events/evt_x",
        "/v1/payment_methods/pm_x",
        "/v1/setup_intents/seti_x",
        "/v1/billing/meters/mtr_x",
    ] {
        let (status, code, _) = shop.refusal("GET", path, &[]).await;
        assert_eq!((status, code.as_str()), (404, "resource_missing"), "{path}");
    }
    let unknown = shop.refusal("GET", "/v1/nothing", &[]).await;
    assert_eq!(unknown.0, 404);
    let stranger = shop
        .refusal("POST", "/v1/customers", &[("emial", "x")])
        .await;
    assert_eq!(
        stranger,
        (400, "parameter_unknown".to_owned(), "emial".to_owned())
    );
}

#[tokio::test]
async fn lists_are_newest_first_and_walked_by_cursor() {
    let shop = Shop::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.customer().await);
    }
    ids.reverse();
    let on =
        |page: &Value| -> Vec<String> { page["data"].as_array().unwrap().iter().map(id).collect() };
    let first = shop.get("/v1/customers", &[("limit", "2")]).await;
    assert_eq!(
        (on(&first).as_slice(), &first["has_more"]),
        (&ids[..2], &json!(true))
    );
    let pairs = [("limit", "3"), ("starting_after", ids[1].as_str())];
    let rest = shop.get("/v1/customers", &pairs).await;
    assert_eq!(
        (on(&rest).as_slice(), &rest["has_more"]),
        (&ids[2..], &json!(false))
    );
    let pairs = [("limit", "2"), ("ending_before", ids[4].as_str())];
    let before = shop.get("/v1/customers", &pairs).await;
    assert_eq!(
        (on(&before).as_slice(), &before["has_more"]),
        (&ids[2..4], &json!(true))
    );
    assert_eq!(
        shop.refusal("GET", "/v1/customers", &[("limit", "101")])
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn prices_are_found_by_lookup_key_which_can_move() {
    let shop = Shop::new().await;
    let old = shop.price("personal", "5500", "month").await;
    let again = [
        ("currency", "usd"),
        ("unit_amount", "5900"),
        ("recurring[interval]", "month"),
        ("lookup_key", "personal_month"),
        ("product_data[name]", "personal"),
    ];
    let taken = shop.refusal("POST", "/v1/prices", &again).await;
    assert_eq!(taken.2, "lookup_key");
    let mut moving = again.to_vec();
    moving.push(("transfer_lookup_key", "true"));
    let new = shop.post("/v1/prices", &moving).await;
    let pairs = [
        ("lookup_keys[]", "personal_month"),
        ("active", "true"),
        ("expand[]", "data.product"),
    ];
    let found = shop.get("/v1/prices", &pairs).await;
    assert_eq!(found["data"][0]["id"], new["id"]);
    assert_eq!(found["data"][0]["product"]["name"], "personal");
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let old = shop.get(&format!("/v1/prices/{old}"), &[]).await;
    assert_eq!(
        (&old["lookup_key"], &old["unit_amount"]),
        (&Value::Null, &json!(5500))
    );
    assert_eq!(old["recurring"]["usage_type"], "licensed");
}

#[tokio::test]
async fn meters_count_once_per_identifier_and_within_their_window() {
    let shop = Shop::new().await;
    let customer = shop.customer().await;
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
    let path = "/v1/billing/meter_events";
    let event = |identifier: &'static str, at: i64| {
        [
            ("event_name", "calls".to_owned()),
            ("payload[stripe_customer_id]", customer.clone()),
            ("payload[value]", "3".to_owned()),
            ("identifier", identifier.to_owned()),
            ("timestamp", at.to_string()),
        ]
    };
    for (identifier, at, code) in [
        ("one", START - 60, ""),
        ("two", START, ""),
        ("one", START, "duplicate_meter_event"),
        ("old", START - 36 * DAY, "timestamp_too_far_in_past"),
        ("new", START + 301, "timestamp_in_future"),
    ] {
        let event = event(identifier, at);
        let pairs: Vec<(&str, &str)> = event.iter().map(|(a, b)| (*a, b.as_str())).collect();
        let answer = shop.call("POST", path, &pairs).await;
        assert_eq!(
            answer.json()["error"]["code"].as_str().unwrap_or_default(),
            code
        );
    }
    let minute = START - START % 60;
    let pairs = [
        ("customer", customer.as_str()),
        ("start_time", &(minute - 3_600).to_string()),
        ("end_time", &(minute + 3_600).to_string()),
    ];
    let path = format!("/v1/billing/meters/{}/event_summaries", id(&meter));
    let summary = shop.get(&path, &pairs).await;
    assert_eq!(summary["data"][0]["aggregated_value"], 6);
}

#[tokio::test]
async fn a_key_replays_its_answer_and_refuses_another_request() {
    let shop = Shop::new().await;
    let bearer = format!("Bearer {KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "k1"),
    ];
    let ask = |body: &'static str| shop.send("POST", "/v1/customers", &headers, body.to_owned());
    let first = ask("email=a%40example.com").await;
    let again = ask("email=a%40example.com").await;
    assert_eq!(first.body, again.body);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            again.header("idempotent-replayed")
        ),
        ("", "true")
    );
    assert_eq!(again.header("original-request"), first.header("request-id"));
    let other = ask("email=b%40example.com").await;
    assert_eq!(
        (other.status.as_u16(), &other.json()["error"]["type"]),
        (400, &json!("idempotency_error"))
    );
    assert_eq!(shop.count("customer.created").await, 1);
    let event = shop.get("/v1/events", &[]).await["data"][0].clone();
    assert_eq!(event["request"]["idempotency_key"], "k1");
    shop.pass(3 * DAY);
    assert_eq!(
        ask("email=b%40example.com")
            .await
            .header("idempotent-replayed"),
        ""
    );
}

#[tokio::test]
async fn a_declined_payment_is_replayed_too() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_chargeCustomerFail").await;
    let bearer = format!("Bearer {KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "k2"),
    ];
    let body =
        format!("customer={customer}&items[0][price]={price}&payment_behavior=error_if_incomplete");
    for _ in 0..2 {
        let answer = shop
            .send("POST", "/v1/subscriptions", &headers, body.clone())
            .await;
        assert_eq!(answer.status, 402);
        assert_eq!(answer.json()["error"]["decline_code"], "generic_decline");
    }
    assert_eq!(shop.count("customer.subscription.created").await, 0);
    assert!(shop.invoices(&customer).await.is_empty());
}

#[tokio::test]
async fn cards_are_attached_listed_and_detached() {
    let shop = Shop::new().await;
    let customer = shop.payer("pm_card_visa").await;
    let pairs = [("customer", customer.as_str()), ("type", "card")];
    let cards = shop.get("/v1/payment_methods", &pairs).await;
    let card = id(&cards["data"][0]);
    assert_eq!(cards["data"][0]["card"]["last4"], "4242");
    let declined = [("customer", customer.as_str())];
    let path = "/v1/payment_methods/pm_card_chargeDeclined/attach";
    assert_eq!(
        shop.refusal("POST", path, &declined).await.1,
        "card_declined"
    );
    shop.post(&format!("/v1/payment_methods/{card}/detach"), &[])
        .await;
    let path = format!("/v1/customers/{customer}");
    let settings = shop.get(&path, &[]).await["invoice_settings"].clone();
    assert_eq!(settings["default_payment_method"], Value::Null);
    assert_eq!(shop.count("payment_method.detached").await, 1);
    let list = shop.get(&format!("{path}/payment_methods"), &[]).await;
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn events_are_found_by_type_and_time() {
    let shop = Shop::new().await;
    shop.customer().await;
    shop.pass(10);
    shop.price("personal", "5500", "month").await;
    let since = (START + 5).to_string();
    let list = shop.get("/v1/events", &[("created[gte]", &since)]).await;
    let kinds: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["price.created", "product.created"]);
    let pairs = [
        ("types[0]", "customer.created"),
        ("types[1]", "price.created"),
    ];
    assert_eq!(
        shop.get("/v1/events", &pairs).await["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let event = shop
        .get(&format!("/v1/events/{}", id(&list["data"][0])), &[])
        .await;
    assert_eq!(
        (&event["api_version"], &event["object"]),
        (&json!("2026-07-29.dahlia"), &json!("event"))
    );
}
