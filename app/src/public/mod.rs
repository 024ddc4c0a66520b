//! Pages for anyone: what this is, the way in and out, and what went wrong.

mod errors;
mod landing;
mod sign_in;

pub use errors::{ErrorPage, ErrorView};
pub use landing::{HEADERS, Landing};
pub use sign_in::{ProviderDown, SignIn, SignedOut};
