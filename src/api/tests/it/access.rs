//! Who gets which answer where: every route of the table, every kind of principal, and every kind
//! of id. A route without a row here fails the test, and so does a row without a route.

use std::collections::BTreeSet;

use api::route::{Kind, ROUTES, Route};
use axum::body::Body;
use axum::http::Request;
use domain::id::{KeyId, OrgId};
use domain::key::Scope;
use domain::time::Span;
use platform::billing::operators::Operator;
use platform::keys::{self, NewKey};
use platform::{Actor, service_keys};
use serde_json::Value;

use crate::site::{Answer, Site};

const PRINCIPALS: [&str; 11] = [
    "nobody",
    "session",
    "malformed",
    "unknown",
    "revoked",
    "expired",
    "reader",
    "manager",
    "stranger",
    "service",
    "retired",
];

/// One number: the status. Three: for an id of our organisation, of the stranger's, of nobody.
/// The reader is a test key with `read:sec`; the manager and the stranger hold every scope. There is
/// no payment provider here: what would reach it answers 503. The service is another of the company's,
/// with a key of an operator's making; the retired one's key was revoked. Where a row does not name
/// them, they are answered as nobody is. Holds are none of the ids
/// that are asked for here: they have tests of their own.
const TABLE: &str = "
    operation     nobody session malformed unknown revoked expired reader      manager     stranger    service     retired
    getMe         401    401     401       401     401     401     200         200         200
    getOrg        401    401     401       401     401     401     200         200         200
    listApiKeys   401    401     401       401     401     401     200         200         200
    createApiKey  401    401     401       401     401     401     403         201         201
    getApiKey     401    401     401       401     401     401     200/404/404 200/404/404 404/200/404
    revokeApiKey  401    401     401       401     401     401     403/403/403 200/404/404 404/200/404
    rotateApiKey  401    401     401       401     401     401     403/403/403 200/404/404 404/200/404
    setApiKeyBudget 401  401     401       401     401     401     403/403/403 200/404/404 404/200/404
    getBilling    401    401     401       401     401     401     200         200         200
    getBillingRates      200 200 200       200     200     200     200         200         200
    createCheckout       401 401 401       401     401     401     403         400         400
    activatePayg         401 401 401       401     401     401     403         503         503
    createPortalSession  401 401 401       401     401     401     403         503         503
    setBudget     401    401     401       401     401     401     403         200         200
    createQuote   401    401     401       401     401     401     400         400         400
    getLimits     401    401     401       401     401     401     200         200         200
    listApprovals 401    401     401       401     401     401     200         200         200
    getApproval   401    401     401       401     401     401     404/404/404 404/404/404 404/404/404
    getRequestDiagnostics 401 401 401      401     401     401     404/404/404 404/404/404 404/404/404
    resolveEntity 401    401     401       401     401     401     400         400         400
    searchEntities 401   401     401       401     401     401     200         200         200
    listUsage     401    401     401       401     401     401     200         200         200
    getUsageSeries 401   401     401       401     401     401     200         200         200
    reportUsage   401    401     403       403     403     403     403         403         403         400         401
    openUsageHold 401    401     403       403     403     403     403         403         403         400         401
    getUsageHold  401    401     403       403     403     403     403/403/403 403/403/403 403/403/403 404/404/404 401
    settleUsageHold 401  401     403       403     403     403     403/403/403 403/403/403 403/403/403 404/404/404 401
    releaseUsageHold 401 401     403       403     403     403     403/403/403 403/403/403 403/403/403 404/404/404 401
    receiveStripeWebhook 503 503 503       503     503     503     503         503         503
    getHealth     200    200     200       200     200     200     200         200         200
    getReadiness  200    200     200       200     200     200     200         200         200
    getOpenApi    200    200     200       200     200     200     200         200         200
    beginLogin    303    303     303       303     303     303     303         303         303
    finishLogin   303    303     303       303     303     303     303         303         303
    logout        303    303     303       303     303     303     303         303         303
";

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| !row.is_empty())
        .skip(1)
        .map(|mut row| {
            let nobody = row[1];
            row.resize(PRINCIPALS.len() + 1, nobody);
            row
        })
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes: BTreeSet<&str> = ROUTES.iter().map(|route| route.operation).collect();
    assert_eq!(routes.len(), ROUTES.len(), "operation ids are unique");
    let rows: Vec<_> = rows().collect();
    assert_eq!(routes, rows.iter().map(|row| row[0]).collect());
    assert_eq!(rows.len(), ROUTES.len());
    assert!(rows.iter().all(|row| row.len() == PRINCIPALS.len() + 1));
}

/// Both organisations, and a way to present each kind of credential.
struct Cast {
    site: Site,
    stranger: Actor,
    strange_org: OrgId,
    secrets: Vec<(&'static str, String)>,
}

impl Cast {
    async fn on(site: Site) -> Self {
        let person = site.world.person("mallory").await;
        let strange = site.world.org(&person, "Example Rivals").await;
        site.world.contract(&strange.org.id).await;
        let (all, owner) = (Scope::ALL, site.owner.actor());
        let stranger = person.actor();
        let reader = site.key(&[Scope::ReadSec], false).await.1;
        let manager = site.key(&all, true).await.1;
        let (victim, revoked) = site.key(&all, true).await;
        keys::revoke_key(
            &site.world.platform,
            &owner,
            &site.org,
            &victim,
            &site.world.request(),
        )
        .await
        .unwrap();
        let brief = make(&site, &owner, &site.org, Some(Span::seconds(1))).await;
        let others = make(&site, &stranger, &strange.org.id, None).await;
        let unknown = domain::secret::api_key(true, &[7; 64]);
        let p = &site.world.platform;
        let service = service_keys::create(p, &Operator::CommandLine, "extraction")
            .await
            .unwrap();
        let retired = service_keys::create(p, &Operator::CommandLine, "retired")
            .await
            .unwrap();
        service_keys::revoke(p, &Operator::CommandLine, &retired.key.id)
            .await
            .unwrap();
        site.world.clock.advance(Span::seconds(2));
        let secrets = vec![
            ("malformed", "secapi_live_notakey".to_owned()),
            ("unknown", unknown.expose().to_owned()),
            ("revoked", revoked),
            ("expired", brief.1),
            ("reader", reader),
            ("manager", manager),
            ("stranger", others.1),
            ("service", service.secret.expose().to_owned()),
            ("retired", retired.secret.expose().to_owned()),
        ];
        Self {
            site,
            stranger,
            strange_org: strange.org.id,
            secrets,
        }
    }

    /// A key to be asked for: `whose` is ours, theirs or nobody's.
    async fn target(&self, route: &Route, whose: usize) -> KeyId {
        match whose {
            // To what is no key, all three are of nobody; and the plan has room for so many keys only.
            _ if !route.path.contains("/api_keys/") => {
                KeyId::new(self.site.world.now(), self.site.world.bytes())
            }
            0 => {
                make(&self.site, &self.site.owner.actor(), &self.site.org, None)
                    .await
                    .0
            }
            1 => {
                make(&self.site, &self.stranger, &self.strange_org, None)
                    .await
                    .0
            }
            _ => KeyId::new(self.site.world.now(), self.site.world.bytes()),
        }
    }

    async fn ask(&self, route: &Route, principal: &str, id: Option<&KeyId>) -> Answer {
        let path = route.path.replace("{id}", id.map_or("", KeyId::as_str));
        let mut request = Request::builder()
            .method(&route.method)
            .uri(path)
            .header("x-request-id", "asked");
        if principal == "session" {
            let cookie = format!("__Host-sid={}", self.site.owner.token);
            request = request
                .header("cookie", cookie)
                .header("sec-fetch-site", "same-origin");
        }
        if let Some((_, secret)) = self.secrets.iter().find(|(name, _)| *name == principal) {
            request = request.header("x-api-key", secret);
        }
        self.site.send(request.body(Body::empty()).unwrap()).await
    }
}

async fn make(site: &Site, actor: &Actor, org: &OrgId, life: Option<Span>) -> (KeyId, String) {
    let scopes = Some(Scope::ALL.into_iter().collect());
    let expires_at = life.map(|life| site.world.now().plus(life));
    let new = NewKey {
        label: None,
        scopes,
        livemode: true,
        expires_at,
    };
    let made = keys::create_key(
        &site.world.platform,
        actor,
        org,
        new,
        &site.world.request(),
        None,
    )
    .await
    .unwrap();
    (made.key.id.clone(), made.secret.expose().to_owned())
}

/// What of a refusal must not tell another organisation's id from an absent one. The count of calls goes
/// on by itself.
fn comparable(answer: &Answer) -> (u16, Value, Vec<(String, String)>) {
    let mut body = answer.json();
    for field in ["id", "traceparent"] {
        body.as_object_mut().unwrap().remove(field);
    }
    let told = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "traceparent" && *name != "ratelimit");
    let headers = told
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status.as_u16(), body, headers)
}

on_both! {
    async fn the_table_holds(site: Site) {
        let cast = Cast::on(site).await;
        for row in rows() {
            let route = ROUTES.iter().find(|route| route.operation == row[0]).expect("checked by its own test");
            // Signing out ends the session it is asked with: once is enough for that one.
            let principals = PRINCIPALS.iter().zip(&row[1..]);
            for (principal, cell) in principals.filter(|(name, _)| route.operation != "logout" || **name != "session") {
                let expected: Vec<u16> = cell.split('/').map(|status| status.parse().unwrap()).collect();
                let whose = if route.path.contains("{id}") { 3 } else { 1 };
                let mut answers = Vec::new();
                for at in 0..whose {
                    let id = if whose == 3 { Some(cast.target(route, at).await) } else { None };
                    let answer = cast.ask(route, principal, id.as_ref()).await;
                    let status = expected.get(at).or(expected.first()).unwrap();
                    assert_eq!(answer.status, *status, "{} {principal} {at}: {}", route.operation, answer.text());
                    answers.push(answer);
                }
                if matches!(route.kind, Kind::Key { .. }) && *principal == "manager" && whose == 3 {
                    assert_eq!(comparable(&answers[1]), comparable(&answers[2]), "{}", route.operation);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_malformed_id_answers_as_an_absent_one() {
    let cast = Cast::on(Site::sqlite().await).await;
    let route = ROUTES
        .iter()
        .find(|route| route.operation == "getApiKey")
        .unwrap();
    let absent = cast
        .ask(route, "manager", Some(&cast.target(route, 2).await))
        .await;
    let manager = &cast
        .secrets
        .iter()
        .find(|(name, _)| *name == "manager")
        .unwrap()
        .1;
    for id in [
        "x",
        "key_",
        "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
        "key%2Fteam%20alpha",
        "%00",
        "%ff%fe",
        "'%20OR%201=1--",
        "key_01k9zp3v5w8q2r4t6y7x9b1d3f",
    ] {
        let request = Request::get(format!("/v1/api_keys/{id}"))
            .header("x-api-key", manager)
            .header("x-request-id", "asked");
        let answer = cast.site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(comparable(&answer), comparable(&absent), "{id}");
    }
}
