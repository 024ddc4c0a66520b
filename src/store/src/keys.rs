//! API keys and their secrets.

use domain::billing::facts::Facts;
use domain::event::Actor;
use domain::id::{KeyId, OrgId, UserId};
use domain::key::{ApiKey, Creator, Label, Scopes};
use domain::secret::{Mask, SecretHash};
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::billing::FactsRow;
use crate::db::{Db, Result};

/// A key as it is inserted; its first secret comes with it.
#[derive(Debug, Clone)]
pub struct NewKey<'a> {
    pub id: &'a KeyId,
    pub org: &'a OrgId,
    pub label: Option<&'a Label>,
    pub scopes: Scopes,
    pub livemode: bool,
    pub creator: &'a Actor,
    pub created_at: Micros,
    pub expires_at: Option<Micros>,
    pub hash: &'a SecretHash,
    pub mask: &'a Mask,
}

pub async fn insert(db: &mut Db, key: &NewKey<'_>) -> Result<()> {
    const SQL: &str = "
        INSERT INTO api_keys
          (id, org_id, label, scopes, livemode, created_by_user, created_by_key, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (user, parent) = match key.creator {
        Actor::Person(id) => (Some(id.as_str()), None),
        Actor::Key(id) => (None, Some(id.as_str())),
        Actor::Platform => (None, None),
    };
    on!(db, |c| {
        query(SQL)
            .bind(key.id.as_str())
            .bind(key.org.as_str())
            .bind(key.label.map(Label::as_str))
            .bind(key.scopes.stored())
            .bind(key.livemode)
            .bind(user)
            .bind(parent)
            .bind(key.created_at.0)
            .bind(key.expires_at.map(|at| at.0))
            .execute(c)
            .await
            .map(drop)
    })?;
    insert_secret(db, key.id, key.hash, key.mask, key.created_at).await
}

/// Makes `hash` the key's current secret. The one before must have an end by now.
pub async fn insert_secret(
    db: &mut Db,
    key: &KeyId,
    hash: &SecretHash,
    mask: &Mask,
    now: Micros,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO key_secrets (hash, key_id, prefix, last_four, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    on!(db, |c| {
        query(SQL)
            .bind(&hash.0[..])
            .bind(key.as_str())
            .bind(&mask.prefix)
            .bind(&mask.last_four)
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Gives every secret of the key that works beyond `until` that end. Returns the hashes touched.
pub async fn end_secrets(db: &mut Db, key: &KeyId, until: Micros) -> Result<Vec<SecretHash>> {
    const SQL: &str = "
        UPDATE key_secrets
        SET ends_at = $2
        WHERE key_id = $1
          AND (ends_at IS NULL OR ends_at > $2)
        RETURNING hash";
    let hashes: Vec<Vec<u8>> = on!(db, |c| query_scalar(SQL)
        .bind(key.as_str())
        .bind(until.0)
        .fetch_all(c)
        .await)?;
    Ok(hashes
        .iter()
        .filter_map(|hash| SecretHash::from_stored(hash))
        .collect())
}

/// Revokes a key of this organisation. False when it was revoked already or is not there.
pub async fn revoke(db: &mut Db, org: &OrgId, key: &KeyId, now: Micros) -> Result<bool> {
    const SQL: &str = "
        UPDATE api_keys
        SET revoked_at = $3
        WHERE id = $1
          AND org_id = $2
          AND revoked_at IS NULL";
    let revoked = on!(db, |c| {
        query(SQL)
            .bind(key.as_str())
            .bind(org.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(revoked > 0)
}

/// How many keys of the organisation work now.
pub async fn count_working(db: &mut Db, org: &OrgId, now: Micros) -> Result<i64> {
    const SQL: &str = "
        SELECT CAST(COUNT(*) AS BIGINT)
        FROM api_keys
        WHERE org_id = $1
          AND revoked_at IS NULL
          AND (expires_at IS NULL OR expires_at > $2)";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(now.0)
        .fetch_one(c)
        .await)?)
}

/// Every hash of the key's secrets: what a cache must forget.
pub async fn secrets_of(db: &mut Db, key: &KeyId) -> Result<Vec<SecretHash>> {
    const SQL: &str = "SELECT hash FROM key_secrets WHERE key_id = $1";
    let hashes: Vec<Vec<u8>> = on!(db, |c| query_scalar(SQL)
        .bind(key.as_str())
        .fetch_all(c)
        .await)?;
    Ok(hashes
        .iter()
        .filter_map(|hash| SecretHash::from_stored(hash))
        .collect())
}

/// Every hash of the organisation's secrets that may still work.
pub async fn secrets_of_org(db: &mut Db, org: &OrgId) -> Result<Vec<SecretHash>> {
    const SQL: &str = "
        SELECT key_secrets.hash
        FROM api_keys
        JOIN key_secrets ON key_secrets.key_id = api_keys.id
        WHERE api_keys.org_id = $1
          AND api_keys.revoked_at IS NULL";
    let hashes: Vec<Vec<u8>> = on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .fetch_all(c)
        .await)?;
    Ok(hashes
        .iter()
        .filter_map(|hash| SecretHash::from_stored(hash))
        .collect())
}

/// What a presented secret stands for, with all that deciding about a request needs.
#[derive(Debug, Clone, FromRow)]
pub struct Credential {
    pub key_id: String,
    pub org_id: String,
    pub org_name: String,
    pub org_created_at: i64,
    pub scopes: String,
    pub livemode: bool,
    pub secret_ends_at: Option<i64>,
    pub key_expires_at: Option<i64>,
    pub key_revoked_at: Option<i64>,
    #[sqlx(flatten)]
    billing: FactsRow,
}

impl Credential {
    pub fn facts(&self) -> Facts {
        self.billing.clone().into()
    }
}

pub async fn credential(db: &mut Db, hash: &SecretHash) -> Result<Option<Credential>> {
    const SQL: &str = "
        SELECT
          api_keys.id AS key_id,
          api_keys.org_id,
          orgs.name AS org_name,
          orgs.created_at AS org_created_at,
          api_keys.scopes,
          api_keys.livemode,
          key_secrets.ends_at AS secret_ends_at,
          api_keys.expires_at AS key_expires_at,
          api_keys.revoked_at AS key_revoked_at,
          billing_accounts.facts,
          grants.calls,
          grants.credit,
          grants.renewal,
          grants.period,
          grants.used
        FROM key_secrets
        JOIN api_keys ON api_keys.id = key_secrets.key_id
        JOIN orgs ON orgs.id = api_keys.org_id
        JOIN billing_accounts ON billing_accounts.org_id = api_keys.org_id
        JOIN grants ON grants.org_id = api_keys.org_id
        WHERE key_secrets.hash = $1";
    Ok(on!(db, |c| query_as(SQL)
        .bind(&hash.0[..])
        .fetch_optional(c)
        .await)?)
}

#[derive(FromRow)]
struct Row {
    id: String,
    org_id: String,
    label: Option<String>,
    scopes: String,
    livemode: bool,
    created_by_key: Option<String>,
    created_by_user: Option<String>,
    creator_name: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
    prefix: String,
    last_four: String,
    old_secret_until: Option<i64>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        let creator = match (row.created_by_key, row.created_by_user) {
            (Some(key), _) => Creator::Key(KeyId::from_stored(key)),
            (None, user) => {
                let id = user.unwrap_or_default();
                Creator::Person {
                    name: row.creator_name.unwrap_or_else(|| id.clone()),
                    id: UserId::from_stored(id),
                }
            }
        };
        Self {
            id: KeyId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            label: row.label.map(Label::from_stored),
            scopes: Scopes::from_stored(&row.scopes),
            livemode: row.livemode,
            mask: Mask {
                prefix: row.prefix,
                last_four: row.last_four,
            },
            creator,
            created_at: Micros(row.created_at),
            last_used_at: row.last_used_at.map(Micros),
            expires_at: row.expires_at.map(Micros),
            revoked_at: row.revoked_at.map(Micros),
            old_secret_until: row.old_secret_until.map(Micros),
        }
    }
}

/// Every statement that reads whole keys: the same columns, its own condition.
macro_rules! concat_sql {
    ($condition:literal) => {
        concat!(
            "SELECT
          api_keys.id,
          api_keys.org_id,
          api_keys.label,
          api_keys.scopes,
          api_keys.livemode,
          api_keys.created_by_key,
          api_keys.created_by_user,
          COALESCE(users.name, users.email) AS creator_name,
          api_keys.created_at,
          api_keys.expires_at,
          api_keys.revoked_at,
          api_keys.last_used_at,
          key_secrets.prefix,
          key_secrets.last_four,
          (
            SELECT MAX(older.ends_at)
            FROM key_secrets older
            WHERE older.key_id = api_keys.id
          ) AS old_secret_until
        FROM api_keys
        JOIN key_secrets ON key_secrets.key_id = api_keys.id AND key_secrets.ends_at IS NULL
        LEFT JOIN users ON users.id = api_keys.created_by_user
",
            $condition
        )
    };
}

/// One key of this organisation.
pub async fn find(db: &mut Db, org: &OrgId, key: &KeyId) -> Result<Option<ApiKey>> {
    const SQL: &str = concat_sql!("WHERE api_keys.id = $1 AND api_keys.org_id = $2");
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(key.as_str())
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(ApiKey::from))
}

/// The organisation's keys, newest first, from below `before`.
pub async fn list(
    db: &mut Db,
    org: &OrgId,
    before: Option<&KeyId>,
    limit: i64,
) -> Result<Vec<ApiKey>> {
    const SQL: &str = concat_sql!(
        "WHERE api_keys.org_id = $1
           AND api_keys.id < $2
         ORDER BY api_keys.id DESC
         LIMIT $3"
    );
    // `l` sorts after every `key_...`, so that the first page needs no statement of its own.
    let before = before.map_or("l", KeyId::as_str);
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(before)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}
