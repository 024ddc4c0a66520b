//! An organisation: making one, its overview, the first steps.

mod onboarding;
mod overview;
mod steps;

pub use onboarding::{Onboarding, OnboardingForm};
pub use overview::{Overview, OverviewView};
pub use steps::{FirstSteps, Progress};
