//! The pieces pages are made of. One component each, used everywhere; looks are in `style/`.

mod act;
mod chart;
mod code;
mod empty;
mod field;
mod json;
mod leaders;
mod money;
mod note;
mod number;
mod price;
mod prose;
mod requests;
mod section;
mod state;
mod steps;
mod time;
mod timeline;

pub use act::{Button, ButtonKind, Confirm};
pub use chart::{Column, Columns, Fill, Level, Series};
pub use code::{CallBeside, Code, Snippet, Snippets};
pub use empty::{NothingMatches, NothingYet};
pub use field::{Check, Choice, Field, Options};
pub use json::{Json, JsonLine};
pub use leaders::{Fact, Hero, Leaders};
pub use money::{HeroAmount, by_the_month, card_name, discount, free_calls, unit_price};
pub use note::{Note, NoteKind, ServerError};
pub use number::{counted, grouped};
pub use price::{intervals, price};
pub use prose::prose;
pub use requests::{RequestRow, Requests};
pub use section::{PageTitle, Section};
pub use state::{Mark, State};
pub use steps::{Step, Steps};
pub use time::{Stamp, Style, ago, spoken};
pub use timeline::{Happening, Timeline};
