//! How many tokens a body is for a language model (`o200k_base`).

/// A count for `secapi-token-count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub tokens: u64,
    pub estimated: bool,
}

/// What an error counts.
pub const NONE: Count = Count {
    tokens: 0,
    estimated: false,
};

pub fn count(body: &[u8], _request_id: &str) -> Count {
    Count {
        tokens: body.len().div_ceil(4) as u64,
        estimated: true,
    }
}
