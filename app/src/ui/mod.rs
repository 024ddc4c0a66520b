//! The pieces pages are made of. One component each, used everywhere; looks are in `style/`.

mod act;
mod code;
mod empty;
mod field;
mod leaders;
mod note;
mod requests;
mod section;
mod state;
mod steps;
mod time;

pub use act::{Button, ButtonKind, Confirm};
pub use code::{CallBeside, Code, Snippet, Snippets};
pub use empty::{NothingMatches, NothingYet};
pub use field::{Check, Choice, Field, Options};
pub use leaders::{Fact, Hero, Leaders};
pub use note::{Note, NoteKind, ServerError};
pub use requests::{RequestRow, Requests};
pub use section::{PageTitle, Section};
pub use state::{Mark, State};
pub use steps::{Step, Steps};
pub use time::{Stamp, Style, ago, spoken};
