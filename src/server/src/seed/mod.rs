//! A fictional, busy organisation for demonstrations, screenshots and benchmarks.
//!
//! Everything is made through the use cases, with a clock that walks through the last months, so
//! that what the seed holds is what real use would have left behind.

mod days;
mod spend;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::id::{KeyId, OrgId, RequestId, SessionId, UserId};
use domain::key::{Label, Overlap, Scope, Scopes};
use domain::org::OrgName;
use domain::role::Role;
use domain::secret::read_api_key;
use domain::session::Session;
use domain::time::{Micros, Span};
use domain::user::Identity;
use platform::billing::operators::{self, Act, Operator};
use platform::keys::NewKey;
use platform::{Actor, Chance as _, Clock, Person, Platform};
use serde_json::{Value, json};
use store::Store;

use self::days::Days;
use self::spend::Spender;
use crate::ambient::{SystemChance, SystemClock};
use crate::config::Config;
use crate::{data, detached, dev};

/// A clock that stands where the seed puts it.
#[derive(Clone)]
struct Walk(Arc<AtomicI64>);

impl Walk {
    fn to(&self, at: Micros) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

impl Clock for Walk {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}

/// One key of the organisation: when it was made, what of it is told, how much it is used.
struct Plan {
    label: &'static str,
    scopes: &'static [Scope],
    livemode: bool,
    made_days_ago: i64,
    expires_in_days: Option<i64>,
    calls_a_day: u64,
    fate: Fate,
}

enum Fate {
    Used,
    Rotating,
    Revoked { days_ago: i64 },
    Idle { days: i64 },
}

const fn plan(
    label: &'static str,
    scopes: &'static [Scope],
    made_days_ago: i64,
    calls_a_day: u64,
    fate: Fate,
) -> Plan {
    Plan {
        label,
        scopes,
        livemode: true,
        made_days_ago,
        expires_in_days: None,
        calls_a_day,
        fate,
    }
}

fn plans() -> Vec<Plan> {
    vec![
        plan("production-ingest", &[Scope::ReadSec], 84, 220, Fate::Used),
        plan("filings-agent", &[Scope::ReadSec], 41, 90, Fate::Used),
        plan(
            "notebook-ada",
            &[Scope::ReadSec, Scope::BillingRead],
            63,
            24,
            Fate::Used,
        ),
        plan(
            "backfill",
            &[Scope::ReadSec, Scope::WriteArtifacts],
            29,
            40,
            Fate::Rotating,
        ),
        plan(
            "old-ci",
            &[Scope::ReadSec, Scope::ApiKeysManage],
            148,
            6,
            Fate::Idle { days: 96 },
        ),
        Plan {
            livemode: false,
            expires_in_days: Some(21),
            ..plan("staging", &[Scope::ReadSec], 12, 15, Fate::Used)
        },
        plan(
            "ben-laptop",
            &[Scope::ReadSec],
            70,
            8,
            Fate::Revoked { days_ago: 19 },
        ),
    ]
}

/// Adds the organisation to a database begun with `--dev`, making the database if there is none.
pub async fn seed(config: &Config) -> anyhow::Result<Value> {
    let store = data::open(config).await?;
    data::mark(&store, true).await?;
    let now = SystemClock.now();
    let walk = Walk(Arc::new(AtomicI64::new(now.0)));
    let platform = detached::platform(&store, Some(config), Arc::new(walk.clone()), true)?;
    let begun = now.minus(Span::days(150));
    walk.to(begun);
    let people = people(&store, &walk).await?;
    let owner = people[0].1.clone();
    let name = OrgName::parse("Northwind Research").expect("a fixed name that fits");
    let onboarded =
        platform::onboard::create_org(&platform, &owner, name, &request_id(&walk), None).await?;
    let org = onboarded.org.id.clone();
    let contract = Act::RecordContract {
        starts_at: begun,
        ends_at: None,
    };
    operators::act(&platform, &Operator::CommandLine, &org, &contract, None).await?;
    members(&store, &org, &people, begun).await?;
    let actor = Actor::Person(owner);
    walk.to(begun.plus(Span::days(1)));
    platform::keys::revoke_key(
        &platform,
        &actor,
        &org,
        &onboarded.first.key.id,
        &request_id(&walk),
    )
    .await?;
    let mut days = Days::new();
    let mut spenders = Vec::new();
    for plan in plans() {
        let made = key(&platform, &walk, &actor, &org, &plan, now, &mut days).await?;
        if plan.livemode {
            spenders.push(made);
        }
    }
    let accountant = Actor::Person(people[2].1.clone());
    walk.to(now.minus(Span::days(45)));
    spend::limit(&platform, &walk, &accountant, &org, &spenders).await?;
    spend::spend(&platform, &walk, &org, &spenders, now, &mut days).await?;
    walk.to(now);
    let all: Scopes = Scope::ALL.into_iter().collect();
    let new = NewKey {
        label: Label::parse("demonstration")?,
        scopes: Some(all),
        livemode: true,
        expires_at: None,
    };
    let made =
        platform::keys::create_key(&platform, &actor, &org, new, &request_id(&walk), None).await?;
    let answer = json!({
        "organization": { "id": org.as_str(), "name": "Northwind Research" },
        "people": people
            .iter()
            .map(|(role, person)| json!({
                "id": person.user.id.as_str(),
                "email": person.user.email,
                "name": person.user.name,
                "role": role.map(Role::as_str),
            }))
            .collect::<Vec<_>>(),
        "apiKey": {
            "id": made.key.id.as_str(),
            "secret": made.secret.expose(),
            "scopes": made.key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        },
    });
    platform.close().await;
    Ok(answer)
}

/// The people of the embedded provider, as if each had signed in once; the last belongs nowhere.
async fn people(store: &Store, walk: &Walk) -> anyhow::Result<Vec<(Option<Role>, Person)>> {
    let roles = [
        Some(Role::Owner),
        Some(Role::Admin),
        Some(Role::Billing),
        Some(Role::Developer),
        None,
    ];
    let now = walk.now();
    let mut people = Vec::new();
    let mut tx = store.begin().await?;
    for (person, role) in dev::people().into_iter().zip(roles) {
        let identity = Identity {
            issuer: dev::ISSUER_ALIAS.to_owned(),
            subject: person.sub,
            email: Some(person.email),
            email_verified: true,
            name: Some(person.name),
        };
        let user =
            store::users::upsert(&mut tx, &UserId::new(now, chance()), &identity, now).await?;
        let session = Session {
            id: SessionId::new(now, chance()),
            user: user.id.clone(),
            created_at: now,
            last_seen_at: now,
            user_agent: None,
            address: None,
        };
        people.push((role, Person { user, session }));
    }
    tx.commit().await?;
    Ok(people)
}

fn chance() -> [u8; 10] {
    let mut bytes = [0; 10];
    SystemChance.fill(&mut bytes);
    bytes
}

async fn members(
    store: &Store,
    org: &OrgId,
    people: &[(Option<Role>, Person)],
    at: Micros,
) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    for (role, person) in &people[1..] {
        if let Some(role) = role {
            store::orgs::add_member(&mut tx, org, &person.user.id, *role, at).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn key(
    p: &Platform,
    walk: &Walk,
    actor: &Actor,
    org: &OrgId,
    plan: &Plan,
    now: Micros,
    days: &mut Days,
) -> anyhow::Result<Spender> {
    let made_at = now
        .minus(Span::days(plan.made_days_ago))
        .plus(Span::minutes(97));
    walk.to(made_at);
    let new = NewKey {
        label: Label::parse(plan.label)?,
        scopes: Some(plan.scopes.iter().copied().collect()),
        livemode: plan.livemode,
        expires_at: plan.expires_in_days.map(|days| now.plus(Span::days(days))),
    };
    let made = platform::keys::create_key(p, actor, org, new, &request_id(walk), None).await?;
    let until = match plan.fate {
        Fate::Used | Fate::Rotating => now,
        Fate::Revoked { days_ago } => now.minus(Span::days(days_ago)),
        Fate::Idle { days } => now.minus(Span::days(days)),
    };
    let secret = read_api_key(made.secret.expose()).map(|_| made.secret.expose());
    let principal = platform::auth::authenticate(p, secret).await?;
    for call in days.calls(
        plan.calls_a_day,
        made_at.max(until.minus(Span::days(45))),
        until,
    ) {
        walk.to(call.at);
        platform::requests::record(p, call.answered(&principal, walk)).await;
    }
    walk.to(until);
    match plan.fate {
        Fate::Rotating => {
            walk.to(now.minus(Span::hours(3)));
            platform::keys::rotate_key(
                p,
                actor,
                org,
                &made.key.id,
                Overlap::OneDay,
                &request_id(walk),
                None,
            )
            .await?;
        }
        Fate::Revoked { .. } => {
            let id: &KeyId = &made.key.id;
            platform::keys::revoke_key(p, actor, org, id, &request_id(walk)).await?;
        }
        Fate::Used | Fate::Idle { .. } => {}
    }
    Ok(Spender {
        key: made.key.id,
        label: plan.label,
        calls_a_day: plan.calls_a_day,
        since: made_at,
        until,
    })
}

fn request_id(clock: &Walk) -> RequestId {
    RequestId::new(clock.now(), chance())
}
