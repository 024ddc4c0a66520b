//! The API face by URL: each file calls the whole site as a client would, on a store of its own.

#![expect(clippy::unwrap_used, reason = "in a test, what is missing ends it")]

/// Turns one test body into two tests: a site on SQLite and a site on PostgreSQL.
macro_rules! on_both {
    ($(async fn $name:ident($site:ident: Site) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test($site: Site) $body

            #[tokio::test]
            async fn on_sqlite() {
                test(Site::on(testkit::World::sqlite().await).await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                test(Site::on(testkit::World::postgres().await).await).await;
            }
        }
    )*};
}

mod access;
mod api_keys;
mod approvals;
mod auth;
mod bad_input;
mod billing;
mod billing_paid;
mod diagnostics;
mod entities;
mod faults;
mod guard;
mod health;
mod holds;
mod limits;
mod me;
mod once;
mod openapi;
mod org;
mod rates;
mod reports;
mod reserve_once;
mod site;
mod usage;
mod webhooks;
