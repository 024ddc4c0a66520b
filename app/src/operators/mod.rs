//! The platform's own staff: organisations, and what can be done about one's billing.

mod acts;
mod list;
mod org;

pub use acts::ActsView;
pub use list::{OrgRow, Organisations, OrganisationsView};
pub use org::{ComparedRow, ContractRow, Occurrence, OperatedOrg, OperatedView};
