//! API keys: the list, making one, one key's page, the secret shown once.

mod create;
mod detail;
mod list;
mod reveal;
mod row;
pub mod snippets;

pub use create::CreateForm;
pub use detail::{KeyBudget, KeyPage, KeyView, ManageView};
pub use list::{Keys, KeysView};
pub use reveal::{AlreadyShown, Reveal, RevealView, Revealed};
pub use row::{KeyRow, KeyTable};
