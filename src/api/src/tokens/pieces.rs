//! Cutting text into the pieces that are merged each on its own.
//!
//! `o200k_base` gives the cuts as one regular expression, whose alternatives are tried in order:
//!
//! ```text
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! \p{N}{1,3}
//!  ?[^\s\p{L}\p{N}]+[\r\n/]*
//! \s*[\r\n]+
//! \s+(?!\S)
//! \s+
//! ```
//!
//! It is written out by hand here (characters newer than the reference's Unicode tables aside, it cuts alike), because a general engine spends most of a short body's time.

use unicode_properties::{GeneralCategory as G, UnicodeGeneralCategory as _};

/// What the expression distinguishes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Lu, Lt: may only begin a word.
    Upper,
    /// Ll: may only end a word.
    Lower,
    /// Lm, Lo: may stand anywhere in a word.
    Letter,
    /// M: likewise, and is no letter where letters are excluded.
    Mark,
    Number,
    Break,
    Space,
    Other,
}

const fn ascii(byte: u8) -> Class {
    match byte {
        b'A'..=b'Z' => Class::Upper,
        b'a'..=b'z' => Class::Lower,
        b'0'..=b'9' => Class::Number,
        b'\r' | b'\n' => Class::Break,
        b' ' | b'\t' | 0x0b | 0x0c => Class::Space,
        _ => Class::Other,
    }
}

fn class(c: char) -> Class {
    if let Ok(byte) = u8::try_from(c)
        && byte.is_ascii()
    {
        return ascii(byte);
    }
    match c.general_category() {
        G::UppercaseLetter | G::TitlecaseLetter => Class::Upper,
        G::LowercaseLetter => Class::Lower,
        G::ModifierLetter | G::OtherLetter => Class::Letter,
        G::NonspacingMark | G::SpacingMark | G::EnclosingMark => Class::Mark,
        G::DecimalNumber | G::LetterNumber | G::OtherNumber => Class::Number,
        _ if c.is_whitespace() => Class::Space,
        _ => Class::Other,
    }
}

impl Class {
    const fn begins_word(self) -> bool {
        matches!(self, Self::Upper | Self::Letter | Self::Mark)
    }

    const fn ends_word(self) -> bool {
        matches!(self, Self::Lower | Self::Letter | Self::Mark)
    }

    const fn may_lead_word(self) -> bool {
        matches!(self, Self::Mark | Self::Space | Self::Other)
    }

    const fn is_symbol(self) -> bool {
        matches!(self, Self::Mark | Self::Other)
    }

    const fn is_space(self) -> bool {
        matches!(self, Self::Space | Self::Break)
    }
}

/// The pieces of a text, in order; together they are the text.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(first(rest));
        rest = after;
        Some(piece)
    })
}

/// The character at `at` with its end.
fn at(text: &str, at: usize) -> Option<(Class, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if byte.is_ascii() {
        return Some((ascii(byte), at + 1));
    }
    let c = text[at..].chars().next()?;
    Some((class(c), at + c.len_utf8()))
}

/// Where the run of characters that `fits` ends, and where the last one it holds of `last` ends.
fn run(
    text: &str,
    mut from: usize,
    fits: impl Fn(Class) -> bool,
    last: impl Fn(Class) -> bool,
) -> (usize, Option<usize>) {
    let mut seen = None;
    while let Some((class, next)) = at(text, from).filter(|(class, _)| fits(*class)) {
        from = next;
        if last(class) {
            seen = Some(next);
        }
    }
    (from, seen)
}

fn until(text: &str, from: usize, fits: impl Fn(Class) -> bool) -> usize {
    run(text, from, fits, |_| false).0
}

/// How long the first piece of a text is; at least one character.
fn first(text: &str) -> usize {
    let Some((class, next)) = at(text, 0) else {
        return 0;
    };
    let word = |word: fn(&str, usize) -> Option<usize>| {
        let led = if class.may_lead_word() {
            word(text, next)
        } else {
            None
        };
        led.or_else(|| word(text, 0))
    };
    if let Some(end) = word(ending_low).or_else(|| word(beginning_high)) {
        return end + contraction(&text[end..]);
    }
    match class {
        Class::Number => {
            let three = (0..2).fold(next, |end, _| match at(text, end) {
                Some((Class::Number, next)) => next,
                _ => end,
            });
            return three;
        }
        _ if class.is_symbol() => return symbols(text, 0),
        Class::Space
            if text.starts_with(' ') && at(text, 1).is_some_and(|(class, _)| class.is_symbol()) =>
        {
            return symbols(text, 1);
        }
        _ => {}
    }
    spaces(text)
}

/// `[Upper]*[Lower]+` with the letters that are both on either side, as far as it goes.
fn ending_low(text: &str, from: usize) -> Option<usize> {
    let (high, last_both) = run(text, from, Class::begins_word, Class::ends_word);
    let low = until(text, high, Class::ends_word);
    if low > high { Some(low) } else { last_both }
}

/// `[Upper]+[Lower]*`; where it is tried, no lower letter follows.
fn beginning_high(text: &str, from: usize) -> Option<usize> {
    let high = until(text, from, Class::begins_word);
    (high > from).then(|| until(text, high, Class::ends_word))
}

/// How much of `rest` is `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` in either case.
fn contraction(rest: &str) -> usize {
    let Some(rest) = rest.strip_prefix('\'') else {
        return 0;
    };
    let mut letters = rest.chars();
    // The long s is an s to an expression that ignores case.
    let first = letters.next().map(|c| {
        if c == 'ſ' {
            ('s', 2)
        } else {
            (c.to_ascii_lowercase(), 1)
        }
    });
    let second = letters.next().map(|c| c.to_ascii_lowercase());
    match (first, second) {
        (Some(('s' | 't' | 'm' | 'd', length)), _) => 1 + length,
        (Some(('r' | 'v', _)), Some('e')) | (Some(('l', _)), Some('l')) => 3,
        _ => 0,
    }
}

/// Symbols from `from`, with the line breaks and slashes after them.
fn symbols(text: &str, from: usize) -> usize {
    let end = until(text, from, Class::is_symbol);
    end + text.as_bytes()[end..]
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n' | b'/'))
        .count()
}

/// White space: up to its last line break; else all but the space that leads the next word.
fn spaces(text: &str) -> usize {
    let (end, last_break) = run(text, 0, Class::is_space, |class| class == Class::Break);
    if let Some(last_break) = last_break {
        return last_break;
    }
    if end == text.len() {
        return end;
    }
    let last = text[..end]
        .char_indices()
        .next_back()
        .map_or(0, |(start, _)| start);
    if last > 0 { last } else { end }
}
