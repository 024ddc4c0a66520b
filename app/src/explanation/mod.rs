//! One request: why it passed or was stopped, what would have made it pass, what it caused.

mod page;

use domain::time::Micros;

use crate::ui::{Mark, ReceiptView};

pub use page::ExplanationPage;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplanationView {
    pub org_id: String,
    pub base_url: String,
    pub request_id: String,
    /// When it came, as far as that is known.
    pub at: Option<Micros>,
    pub title: &'static str,
    /// What the decision was, if one was taken and is kept.
    pub receipt: Option<ReceiptView>,
    /// Why there is no decision to show.
    pub undecided: String,
    /// What would have made it pass, each by itself.
    pub ways: Vec<WayView>,
    pub facts: Vec<(&'static str, FactView)>,
    /// What is known to have happened, in order of time.
    pub story: Vec<StoryLine>,
    /// How many requests used the id, if several.
    pub several: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayView {
    pub act: String,
    pub about: String,
    /// A word and where it leads.
    pub link: Option<(&'static str, String)>,
    /// It passes by itself, with time.
    pub waits: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactView {
    Text(String),
    Machine(String),
    Link { word: String, to: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    pub at: Micros,
    pub mark: Mark,
    pub what: String,
    pub sub: String,
}
