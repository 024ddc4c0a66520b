//! What waits for a person: spends above the threshold, each with its receipt, and what was decided before.

mod history;
mod page;
mod waiting;

use domain::money::Usd;
use domain::time::Micros;

use crate::ui::{Mark, ReceiptView, ServerError};

pub use page::ApprovalsPage;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalsView {
    pub org_id: String,
    pub now: Micros,
    pub base_url: String,
    /// What is nearest its end first.
    pub waiting: Vec<WaitingView>,
    /// How many wait beyond those shown.
    pub more: i64,
    /// Whether the viewer's role may decide.
    pub may: bool,
    /// Decided, used or expired, newest first.
    pub history: Vec<PastView>,
    /// The page is one of the older ones.
    pub later: bool,
    /// Where the next older page is, if there is one.
    pub older: Option<String>,
    pub done: Option<DoneView>,
    pub refused: Option<ServerError>,
}

/// One that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingView {
    pub id: String,
    pub form_id: String,
    /// The key that asks, by the name people know it by.
    pub asker: String,
    pub asker_href: String,
    pub amount: Usd,
    /// What its caller said it is for.
    pub purpose: Option<String>,
    pub asked_at: Micros,
    pub until: Micros,
    /// What it would leave, one line a cap: a label and its figure.
    pub leaves: Vec<(&'static str, String)>,
    /// A cap would stop it, approved or not.
    pub too_much: bool,
    pub receipt: ReceiptView,
    pub explained: String,
}

/// One that no longer waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastView {
    pub asker: String,
    pub asker_href: String,
    pub purpose: Option<String>,
    pub class: String,
    pub units: i64,
    pub amount: Usd,
    pub mark: Mark,
    /// `Approved`, `Denied`, `Used`, `Expired`
    pub outcome: &'static str,
    /// What to know about it: by whom, until when.
    pub about: String,
    pub asked_at: Micros,
    pub explained: String,
}

/// What the form before this page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneView {
    pub id: String,
    pub approved: bool,
    pub asker: String,
    pub amount: Usd,
    pub until: Micros,
}
