//! Pages for anyone: what this is and costs, the way in and out, and what went wrong.

mod errors;
mod landing;
mod pricing;
mod sign_in;

pub use errors::{ErrorPage, ErrorView};
pub use landing::{HEADERS, Landing};
pub use pricing::Pricing;
pub use sign_in::{ProviderDown, SignIn, SignedOut};
