//! What the tests of several rooms share: a database of their own on either engine, a clock and a
//! chance that they hold in their hands, and a platform with people in it.
//!
//! Only ever a dev-dependency.
//!
//! * [`Database`]: an empty, migrated database; gone when it is dropped.
//! * [`on_both!`]: one test body, run on SQLite and on PostgreSQL.
//! * [`World`] (feature `platform`, on by default): a platform on such a database, with helpers to
//!   people it.

#[cfg(feature = "platform")]
mod ambient;
mod database;
#[cfg(feature = "platform")]
mod till;
pub mod trouble;
#[cfg(feature = "platform")]
mod world;

pub use database::Database;

#[cfg(feature = "platform")]
pub use {
    ambient::{ManualClock, SeededChance},
    till::{Till, WEBHOOK_SECRET},
    world::{OPERATOR, SignedIn, World},
};

/// Turns one test body into two tests, `NAME::on_sqlite` and `NAME::on_postgres`, each with a
/// database of its own: `on_both! { async fn name(db: &Database) { ... } }`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: &Database) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "some bodies need nothing from around them")]
            use super::*;

            $(#[$meta])*
            async fn test($db: &$crate::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                test(&$crate::Database::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                test(&$crate::Database::postgres().await).await;
            }
        }
    )*};
}
