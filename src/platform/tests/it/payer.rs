//! An organisation whose calls are charged, and what a test asks of it.

use domain::billing::plan::PlanKey;
use domain::budget::limits::Limits;
use domain::money::Usd;
use platform::budget::{Admission, Spend, admit};
use platform::{Result, auth};
use store::ledger::{ORG, Place, Standing};
use testkit::{Database, SignedIn, World};

pub struct Payer {
    pub world: World,
    pub owner: SignedIn,
    pub key: platform::KeyPrincipal,
}

/// What a unit costs on the commercial plan, in micro-dollars.
pub const UNIT: i64 = 2_400;

impl Payer {
    /// An organisation whose calls are charged, under a cap.
    pub async fn open(db: &Database, cap: Option<Usd>) -> Self {
        Self::of(World::of(db.kind()).await, cap).await
    }

    /// The same, in a world that the test made.
    pub async fn of(world: World, cap: Option<Usd>) -> Self {
        let ada = world.person("ada").await;
        let made = world.org(&ada, "Northwind").await;
        world.contract(&made.org.id).await;
        let secret = made.first.secret.expose().to_owned();
        let key = auth::authenticate(&world.platform, Some(&secret))
            .await
            .unwrap();
        assert_eq!(key.standing.plan, PlanKey::Commercial);
        let payer = Self {
            world,
            owner: ada,
            key,
        };
        payer.cap(cap).await;
        payer
    }

    pub fn place(&self) -> Place {
        self.place_in(&self.world.now().month())
    }

    pub fn place_in(&self, month: &str) -> Place {
        Place {
            org: self.key.org.clone(),
            scope: ORG.to_owned(),
            period: month.to_owned(),
        }
    }

    pub async fn cap(&self, cap: Option<Usd>) {
        self.limits(Limits {
            cap,
            ..Limits::default()
        })
        .await;
    }

    pub async fn limits(&self, limits: Limits) {
        let mut tx = self.world.store.begin().await.unwrap();
        store::ledger::set_limits(&mut tx, &self.place(), limits, (self.world.now(), None))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn standing(&self) -> Standing {
        self.standing_in(&self.world.now().month()).await
    }

    pub async fn standing_in(&self, month: &str) -> Standing {
        let mut db = self.world.store.read().await.unwrap();
        let place = self.place_in(month);
        store::ledger::read(&mut db, &place).await.unwrap()
    }

    pub async fn ask(&self, units: i64) -> Admission {
        self.spend(&spend(units)).await.unwrap()
    }

    pub async fn spend(&self, spend: &Spend<'_>) -> Result<Admission> {
        let request = self.world.request();
        admit(&self.world.platform, &self.key, spend, &request).await
    }

    /// Asserts that every promise about money holds in the database.
    pub async fn sound(&self) {
        let mut db = self.world.store.read().await.unwrap();
        let grace = domain::billing::state::DEFAULT_GRACE;
        let findings = store::verify::verify(&mut db, grace).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}

/// Calls of the class that costs [`UNIT`].
pub fn spend(units: i64) -> Spend<'static> {
    Spend {
        class: "entity_resolve",
        units,
        subject: "GET /v1/entities/resolve",
        ..Spend::default()
    }
}
