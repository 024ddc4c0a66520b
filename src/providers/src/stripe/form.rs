//! Parameters as Stripe takes them: form-encoded, with brackets for what is nested, in the order in
//! which they were given.

use std::fmt;

use domain::billing::plan::{Interval, PlanKey};
use domain::id::{IntentId, OrgId};
use domain::time::Micros;
use url::form_urlencoded::Serializer;

pub(super) const ORG: &str = "secapi-org";
pub(super) const INTENT: &str = "secapi-intent";
pub(super) const PLAN: &str = "secapi-plan";
pub(super) const INTERVAL: &str = "secapi-interval";
/// The value of [`PLAN`] on what carries the month's usage.
pub(super) const USAGE: &str = "usage";

#[derive(Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, key: impl Into<String>, value: impl fmt::Display) -> Self {
        self.0.push((key.into(), value.to_string()));
        self
    }

    pub(super) fn maybe(self, key: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// In whole seconds, as everything at Stripe.
    pub(super) fn at(self, key: &str, at: Micros) -> Self {
        self.with(key, at.seconds())
    }

    pub(super) fn metadata(self, metadata: &Metadata<'_>) -> Self {
        self.metadata_in("metadata", metadata)
    }

    /// `parent` is the field that holds it, such as `subscription_data[metadata]`.
    pub(super) fn metadata_in(mut self, parent: &str, metadata: &Metadata<'_>) -> Self {
        for (name, value) in metadata.pairs() {
            self = self.with(format!("{parent}[{name}]"), value);
        }
        self
    }

    pub(super) fn encode(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// What we write on Stripe's objects, to know them again.
#[derive(Clone, Copy, Default)]
pub(super) struct Metadata<'a> {
    pub org: Option<&'a OrgId>,
    pub intent: Option<&'a IntentId>,
    pub plan: Option<&'a str>,
    pub interval: Option<Interval>,
}

impl<'a> Metadata<'a> {
    pub(super) fn of(org: &'a OrgId, intent: &'a IntentId) -> Self {
        Self {
            org: Some(org),
            intent: Some(intent),
            ..Self::default()
        }
    }

    pub(super) fn plan(self, plan: PlanKey, interval: Interval) -> Self {
        Self {
            plan: Some(plan.as_str()),
            interval: Some(interval),
            ..self
        }
    }

    pub(super) fn usage(self) -> Self {
        Self {
            plan: Some(USAGE),
            ..self
        }
    }

    fn pairs(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        [
            (ORG, self.org.map(OrgId::as_str)),
            (INTENT, self.intent.map(IntentId::as_str)),
            (PLAN, self.plan),
            (INTERVAL, self.interval.map(Interval::as_str)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}
