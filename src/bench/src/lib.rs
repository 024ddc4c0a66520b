//! What the benchmark shares with the proof that the money is exact: a client, a clock and a server as a
//! process of its own. The proof itself is [`exactness`], which tests of the server run small.

pub mod client;
pub mod clock;
pub mod exactness;
pub mod process;
