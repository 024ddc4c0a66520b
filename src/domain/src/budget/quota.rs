//! Classes of which a plan includes only so many units a month.

/// The published family of the AI queries' quota.
pub const AI_QUERIES: &str = "ai_queries";

/// The quota that a meter class counts against.
pub fn of_class(class: &str) -> Option<&'static str> {
    (class == "intelligence_query").then_some(AI_QUERIES)
}
