//! How many tokens a body is for a language model: the `o200k_base` count.
//!
//! The vocabulary is a table in the program ([`ranks`]), the cutting into pieces is written by hand
//! ([`pieces`]). Still, counting a body takes longer than making it, and two answers to the same
//! question differ in little but their request id. So the count of what stands around the id is
//! remembered ([`Remembered`]), and only the id is counted anew.
//!
//! That is exact: JSON puts `":"` before the id and `"` with a comma or a bracket behind it. Such a
//! run of two or more symbols is a piece of its own, whatever stands around it, as long as the id
//! begins and ends with a letter or a digit. The text can therefore be counted in three parts.

mod hash;
mod pieces;
mod ranks;
mod remembered;

use remembered::Remembered;

/// A count for `secapi-token-count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub tokens: u64,
    /// Not counted but guessed from the size.
    pub estimated: bool,
}

/// What an error counts.
pub const NONE: Count = Count {
    tokens: 0,
    estimated: false,
};

/// Beyond this many bytes the size alone is looked at.
const MAX_COUNTED: usize = 512 * 1024;

/// The count of a JSON body that carries `request_id`.
pub fn count(body: &[u8], request_id: &str) -> Count {
    static REMEMBERED: Remembered = Remembered::new();
    let estimate = Count {
        tokens: body.len().div_ceil(4) as u64,
        estimated: true,
    };
    if body.len() > MAX_COUNTED {
        return estimate;
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return estimate;
    };
    let tokens = match around(text, request_id) {
        Some((before, after)) => {
            REMEMBERED.get(before, after, || whole(before) + whole(after)) + whole(request_id)
        }
        None => whole(text),
    };
    Count {
        tokens,
        estimated: false,
    }
}

fn whole(text: &str) -> u64 {
    pieces::pieces(text)
        .map(|piece| ranks::count(piece.as_bytes()))
        .sum()
}

/// What stands before and after the request id, where cutting there is exact.
fn around<'a>(text: &'a str, request_id: &str) -> Option<(&'a str, &'a str)> {
    // Inside a JSON string every quote is escaped, so this can only be the field itself.
    const FIELD: &str = "\"requestId\":\"";
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if !plain(request_id.as_bytes().first()) || !plain(request_id.as_bytes().last()) {
        return None;
    }
    let start = text.find(FIELD)? + FIELD.len();
    let after = text[start..].strip_prefix(request_id)?;
    let closed = after
        .strip_prefix('"')
        .is_some_and(|rest| rest.starts_with([',', '}']));
    closed.then(|| (&text[..start], after))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tiktoken_rs::CoreBPE;

    use super::*;

    /// The reference: a port of the original, with its regular expression.
    static ORACLE: LazyLock<CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());

    fn oracle(text: &str) -> u64 {
        ORACLE.encode_ordinary(text).len() as u64
    }

    fn body(id: &str, text: &str, number: i64) -> String {
        json!({"object": "principal", "requestId": id, "name": text, "n": number, "list": [text, null, true]}).to_string()
    }

    #[test]
    fn the_whole_count_is_the_references_on_awkward_texts() {
        let texts = [
            "",
            " ",
            "  ",
            "\n",
            " \n ",
            "a",
            "I'm",
            "I'M we'LL they're IT'S 'quoted' x'ſ",
            "CamelCaseURLs",
            "ÀÉîõ",
            "日本語テキスト",
            "12345678",
            "٣٤٥٦",
            "a\u{301}b",
            "\u{301}\u{301}A",
            " \u{301}",
            "a  b   c ",
            "x \n\n  y",
            "//\n//\n/",
            "{\"a\":[1,2,{\"b\":\"c\"}]}",
            "\t\tindent",
            "ǅungla",
            "ʰʱ",
            "👩‍👩‍👧 emoji",
            "¿Qué? ¡Sí!",
            "a\u{a0}b\u{2028}c",
            "\u{85}x",
            "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
            "ⅣⅤ½",
            "\r\n\r\n",
            "end ",
            "word\u{3000}全角",
            "AAAAaaaaAAAA",
            "ªº",
        ];
        for text in texts {
            assert_eq!(whole(text), oracle(text), "{text:?}");
        }
    }

    #[test]
    fn a_large_body_is_estimated_and_an_error_counts_nothing() {
        let large = vec![b'x'; MAX_COUNTED + 1];
        assert_eq!(
            count(&large, "req"),
            Count {
                tokens: 131_073,
                estimated: true
            }
        );
        assert_eq!(
            count(&[0xff; 5], "req"),
            Count {
                tokens: 2,
                estimated: true
            }
        );
    }

    #[test]
    fn an_id_that_ends_in_a_symbol_is_counted_with_its_surroundings() {
        for id in ["-a", "a-", "_", "a_b"] {
            let body = body(id, "x", 1);
            assert_eq!(count(body.as_bytes(), id).tokens, oracle(&body), "{id}");
        }
        // A field of that name inside a text does not deceive.
        let told = json!({"name": "\"requestId\":\"req_1\",", "requestId": "req_1"}).to_string();
        assert_eq!(count(told.as_bytes(), "req_1").tokens, oracle(&told));
    }

    #[test]
    fn a_long_word_takes_no_quadratic_time() {
        let word = "abcdefghijklmnop".repeat(16 * 1024);
        assert!(whole(&word) > 16 * 1024);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn counting_any_text_equals_the_reference(text in "\\PC{0,60}|[ \t\r\n'a-zA-Z0-9/.,;:{}\\[\\]\"\\\\éßſ\u{301}日]{0,80}") {
            prop_assert_eq!(whole(&text), oracle(&text));
        }

        #[test]
        fn counting_in_parts_is_exact(id in "[A-Za-z0-9_-]{1,128}", text in "\\PC{0,40}", number in any::<i64>()) {
            let body = body(&id, &text, number);
            let whole = oracle(&body);
            prop_assert_eq!(count(body.as_bytes(), &id), Count { tokens: whole, estimated: false });
            // Remembered now: the same again.
            prop_assert_eq!(count(body.as_bytes(), &id).tokens, whole);
        }

        #[test]
        fn counting_values_of_any_shape_is_exact(id in "[a-z0-9]{1,12}", text in "[\\PC\x01-\x1f]{0,20}", key in "[a-z\":,{}]{0,9}") {
            let body = json!({"a": {key: [text]}, "requestId": id, "b": Value::Null}).to_string();
            prop_assert_eq!(count(body.as_bytes(), &id).tokens, oracle(&body));
        }
    }
}
