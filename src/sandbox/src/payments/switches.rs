//! Faults on demand: what `POST /sandbox/switches` and [`super::Payments::set_switches`] set.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Everything that can be made to go wrong; the default is that nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    pub webhooks: WebhookSwitches,
    pub api: ApiSwitches,
    pub payments: PaymentSwitches,
}

/// What happens to events on their way to the endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSwitches {
    /// Waits before the first attempt.
    pub delay_ms: u64,
    /// Sends each event this many times more.
    pub duplicate: u32,
    /// Collects what comes within a quarter of a second and sends it in another order.
    pub reorder: bool,
    /// Loses events: they are never sent.
    pub drop: Times,
}

/// What happens to requests to `/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiSwitches {
    /// Closes connections without an answer, before anything is done.
    pub down: Times,
    /// Waits before the work.
    pub slow_ms: u64,
    /// Answers with a status instead of doing the work.
    pub refuse: Option<Refusal>,
    /// Does the work, then closes the connection without an answer.
    pub reset_after_effect: Times,
    /// Does the work, then answers a page of HTML with status 200.
    pub garbage: Times,
}

/// An answer at the door. No idempotency key remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// 429 comes with `Retry-After: 1`; 500 and 503 are the usual others.
    pub status: u16,
    #[serde(default = "always")]
    pub times: Times,
}

/// What happens to charges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentSwitches {
    /// Declines charges whatever the card.
    pub fail: Times,
}

/// How often a fault occurs. As JSON a number, or `"all"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    #[default]
    Never,
    Next(u32),
    Always,
}

impl Times {
    /// Whether it occurs now; one occurrence less afterwards.
    pub(super) fn take(&mut self) -> bool {
        match *self {
            Self::Never | Self::Next(0) => false,
            Self::Always => true,
            Self::Next(left) => {
                *self = if left == 1 {
                    Self::Never
                } else {
                    Self::Next(left - 1)
                };
                true
            }
        }
    }
}

fn always() -> Times {
    Times::Always
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Never => serializer.serialize_u32(0),
            Self::Next(times) => serializer.serialize_u32(*times),
            Self::Always => serializer.serialize_str("all"),
        }
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u32),
            Word(String),
            Flag(bool),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(0) | Written::Flag(false) => Ok(Self::Never),
            Written::Number(times) => Ok(Self::Next(times)),
            Written::Flag(true) => Ok(Self::Always),
            Written::Word(word) if word == "all" => Ok(Self::Always),
            Written::Word(word) => Err(D::Error::custom(format!(
                "expected a number, true, false or \"all\", not \"{word}\""
            ))),
        }
    }
}
