//! Which of the companies a name fits, and how well.
//!
//! In this order: the same name; a name that begins with the words; a name with all the words in it; a
//! name that is spelt alike. Between equals the larger company comes first.

use super::Basis;
use super::directory::{Directory, NotFound};
use super::distance::Pattern;
use super::fold::{Folded, fold};
use super::index::{Code, code, distinct_grams, hash};
use super::{Cik, Match, ticker};

/// A company that fits, before anything of it is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub row: u32,
    pub basis: Basis,
    pub confidence: u16,
    /// The hash of the alias that fitted.
    pub alias: Option<u64>,
}

impl Hit {
    pub const fn new(row: u32, basis: Basis, confidence: u16) -> Self {
        Self {
            row,
            basis,
            confidence,
            alias: None,
        }
    }
}

/// Which of a company's names stands in the index; kept in the two low bits beside the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Whole = 0,
    Proper = 1,
    Alias = 2,
}

impl Source {
    pub const fn with(self, row: u32) -> u32 {
        (row << 2) | self as u32
    }

    const fn of(value: u32) -> (u32, Self) {
        let source = match value & 3 {
            0 => Self::Whole,
            1 => Self::Proper,
            _ => Self::Alias,
        };
        (value >> 2, source)
    }
}

mod sure {
    /// The same name but for its legal form, and other companies have it too.
    pub const SHARED: u16 = 850;
    /// As sure as a name alone can make it; more than a ticker in small letters.
    pub const NAMED: u16 = 970;
    pub const CLASS_OF_SHARES: u16 = 930;
    pub const REORDERED: u16 = 900;
    pub const BEGINS: u16 = 745;
    /// The last word is not finished.
    pub const BEGINS_PARTLY: u16 = 700;
    pub const CONTAINS: u16 = 680;
    pub const CONTAINS_PARTLY: u16 = 640;
    /// The most that spelling alike can be worth when something fits better.
    pub const ALIKE_AT_MOST: u16 = 600;
    /// Less than this is no answer.
    pub const ENOUGH: u16 = 700;
    /// Less alike than this is not alike.
    pub const ALIKE: u16 = 550;
    /// A ticker in small letters, where a larger company's name begins like that.
    pub const TICKER_OR_NAME: u16 = 735;
    pub const SMALL_TICKER: u16 = 960;
}

/// So many of the most similar names are compared letter by letter.
const COMPARED: usize = 64;

impl Directory {
    /// Everything the words fit as a name, best first.
    pub(super) fn ranked(&self, words: &str) -> Vec<Hit> {
        let folded = fold(words);
        if folded.text.is_empty() {
            return Vec::new();
        }
        let mut hits = self.same(&folded);
        if hits.is_empty() {
            hits.extend(self.class_of_shares(&folded));
        }
        let similar = self.similar(&folded);
        let exact: Vec<u32> = hits.iter().map(|hit| hit.row).collect();
        hits.extend(similar.into_iter().filter(|h| !exact.contains(&h.row)));
        if hits.iter().all(|hit| hit.confidence < sure::ENOUGH) {
            self.join(&folded, &mut hits);
        }
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.confidence), hit.row));
        hits
    }

    /// The same for words that may be a ticker or a number too.
    pub(super) fn guessed(&self, words: &str) -> Vec<Hit> {
        let mut hits = self.ranked(words);
        if let Some(mut hit) = self.hit_of_ticker(words) {
            if !ticker::looks_like_one(words) {
                let best = hits.first();
                let rivalled =
                    best.is_some_and(|best| best.confidence >= sure::BEGINS && best.row < hit.row);
                hit.confidence = if rivalled {
                    sure::TICKER_OR_NAME
                } else {
                    sure::SMALL_TICKER
                };
            }
            put(&mut hits, hit);
        }
        if let Some(hit) = Cik::parse(words).and_then(|cik| self.hit_of_cik(cik)) {
            put(&mut hits, hit);
        }
        hits
    }

    /// The best hit, if it is the name itself: then nothing else needs to be looked for.
    pub(super) fn named(&self, words: &str) -> Option<Hit> {
        let hits = self.same(&fold(words));
        let best = hits
            .into_iter()
            .min_by_key(|hit| (std::cmp::Reverse(hit.confidence), hit.row));
        best.filter(|hit| hit.confidence >= sure::NAMED)
    }

    /// The first, if it is good enough and nothing else is as good.
    pub(super) fn decide(&self, words: &str, hits: &[Hit]) -> Result<Match, NotFound> {
        match hits {
            [best, rest @ ..]
                if best.confidence >= sure::ENOUGH && stands_out(best, rest.first()) =>
            {
                Ok(self.found(best, words))
            }
            _ => Err(self.suggest(words, hits)),
        }
    }

    pub(super) fn suggest(&self, words: &str, hits: &[Hit]) -> NotFound {
        let first = hits.iter().take(Self::SUGGESTIONS);
        NotFound {
            suggestions: first.map(|hit| self.found(hit, words)).collect(),
        }
    }

    /// Names that are the same, or the same but for the legal form.
    fn same(&self, folded: &Folded) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        let (whole, proper) = (hash(&folded.text), hash(&folded.text[..folded.core]));
        for (key, as_written) in [(whole, true), (proper, false)] {
            for value in self.names.get(key) {
                let (row, source) = Source::of(value);
                let confidence = match (source, as_written) {
                    (Source::Whole, true) => 1000,
                    (Source::Proper, true) => 980,
                    (Source::Whole | Source::Proper, false) => sure::NAMED,
                    (Source::Alias, _) => 950,
                };
                if hits.iter().all(|known| known.row != row) {
                    let alias = (source == Source::Alias).then_some(key);
                    hits.push(Hit {
                        alias,
                        ..Hit::new(row, Basis::Name, confidence)
                    });
                }
            }
            if whole == proper {
                break;
            }
        }
        if hits.iter().filter(|hit| hit.confidence < 1000).count() > 1 {
            for hit in hits.iter_mut().filter(|hit| hit.confidence < 1000) {
                hit.confidence = sure::SHARED;
            }
        }
        hits
    }

    /// `Berkshire Hathaway B`, `Alphabet Class A`.
    fn class_of_shares(&self, folded: &Folded) -> Vec<Hit> {
        let Some((name, class)) = folded.text.rsplit_once(' ') else {
            return Vec::new();
        };
        let Some(letter) = class.strip_suffix(|c: char| c.is_ascii_lowercase()) else {
            return Vec::new();
        };
        if !letter.is_empty() {
            return Vec::new();
        }
        let said = [" class", " cl", " series"];
        let named = said.iter().find_map(|word| name.strip_suffix(word));
        let ending = format!("-{}", class.to_ascii_uppercase());
        let mut hits = self.same(&fold(named.unwrap_or(name)));
        // Without the word `class` the letter must be one that the company has.
        hits.retain(|hit| {
            named.is_some()
                || self
                    .tickers(hit.row)
                    .any(|ticker| ticker.ends_with(&ending))
        });
        for hit in &mut hits {
            hit.confidence = hit.confidence.min(sure::CLASS_OF_SHARES);
        }
        hits
    }

    /// Names that begin with the words written together: `JP Morgan` for `JPMORGAN CHASE`.
    fn join(&self, folded: &Folded, hits: &mut Vec<Hit>) {
        let words = &folded.text[..folded.core];
        if !words.contains(' ') {
            return;
        }
        let text = words.replace(' ', "");
        let joined = Folded {
            core: text.len(),
            written: folded.written,
            text,
        };
        for hit in self.similar(&joined) {
            if matches!(hit.confidence, sure::BEGINS | sure::BEGINS_PARTLY) {
                hits.retain(|known| known.row != hit.row);
                hits.push(hit);
            }
        }
    }

    /// Names with the words in them, and names that are spelt alike.
    fn similar(&self, folded: &Folded) -> Vec<Hit> {
        let core = codes(&folded.text[..folded.core]);
        let grams = distinct_grams(&core);
        let mut shared = vec![0_u8; self.len()];
        for row in grams.iter().flat_map(|gram| self.trigrams.rows(*gram)) {
            shared[*row as usize] += 1;
        }
        // The last word may be unfinished: then the trigram of its end is missing.
        let needed = grams.len().saturating_sub(1).max(1);
        let mut hits = Vec::new();
        let mut alike: Vec<(u32, u32)> = Vec::new();
        for (row, count) in (0..).zip(&shared).filter(|(_, count)| **count > 0) {
            let fits = if usize::from(*count) >= needed {
                contains(&core, self.codes(row, true))
            } else {
                None
            };
            if let Some(confidence) = fits {
                hits.push(Hit::new(row, Basis::Name, confidence));
                continue;
            }
            // The letters and the words of a name number about as many as its trigrams.
            let both = grams.len() + self.codes(row, true).len() + 1;
            let share = 2000 * usize::from(*count) / both;
            if share >= 250 {
                alike.push((u32::try_from(share).unwrap_or(0), row));
            }
        }
        let first = |entry: &(u32, u32)| (std::cmp::Reverse(entry.0), entry.1);
        if alike.len() > COMPARED {
            alike.select_nth_unstable_by_key(COMPARED, first);
            alike.truncate(COMPARED);
        }
        let whole = codes(&folded.text);
        let better = hits.iter().map(|hit| hit.confidence).max();
        hits.extend(self.spelt_alike(&whole, &core, &alike, better));
        hits
    }

    fn spelt_alike(
        &self,
        whole: &[Code],
        core: &[Code],
        rows: &[(u32, u32)],
        better: Option<u16>,
    ) -> impl Iterator<Item = Hit> {
        let (whole, core) = (Pattern::new(whole), Pattern::new(core));
        let at_most = if better.is_some() {
            sure::ALIKE_AT_MOST
        } else {
            1000
        };
        rows.iter().filter_map(move |(_, row)| {
            let proper = core.likeness(self.codes(*row, true));
            let likeness = proper.max(whole.likeness(self.codes(*row, false)));
            let confidence = likeness * 9 / 10;
            let alike = likeness >= sure::ALIKE;
            alike.then(|| Hit::new(*row, Basis::Name, confidence.min(at_most)))
        })
    }
}

/// A fitting name that others fit as well is meant when it is the name itself, or by far the larger
/// company.
fn stands_out(best: &Hit, next: Option<&Hit>) -> bool {
    const CLEARLY: u16 = 40;
    const FAR: u32 = 10;
    next.is_none_or(|next| {
        best.confidence >= sure::SHARED
            || best.confidence - next.confidence >= CLEARLY
            || next.row >= FAR * (best.row + 1)
    })
}

/// Puts a hit where its confidence belongs, in place of a lesser one for the same company.
fn put(hits: &mut Vec<Hit>, hit: Hit) {
    if let Some(known) = hits.iter().position(|known| known.row == hit.row) {
        if hits[known].confidence > hit.confidence {
            return;
        }
        hits.remove(known);
    }
    let at = hits.partition_point(|other| other.confidence > hit.confidence);
    hits.insert(at, hit);
}

fn codes(folded: &str) -> Vec<Code> {
    folded.chars().take(Pattern::MAX).map(code).collect()
}

/// How well a name fits that has all the words in it, the last of them perhaps unfinished.
fn contains(words: &[Code], name: &[Code]) -> Option<u16> {
    // Hardly anything is said by one or two letters.
    const FEW: u16 = 50;
    if let Some(rest) = name.strip_prefix(words) {
        let whole = rest.first().is_none_or(|next| *next == 0);
        let begins = if whole {
            sure::BEGINS
        } else {
            sure::BEGINS_PARTLY
        };
        return Some(begins - if words.len() < 3 { FEW } else { 0 });
    }
    let split = |codes: &'_ [Code]| codes.split(|code| *code == 0).count();
    let has = |word: &[Code]| name.split(|code| *code == 0).any(|other| other == word);
    let (last, before) = match words.iter().rposition(|code| *code == 0) {
        Some(at) => (&words[at + 1..], &words[..at]),
        None => (words, &words[..0]),
    };
    let mut before = before.split(|code| *code == 0).filter(|w| !w.is_empty());
    if !before.all(has) {
        return None;
    }
    if has(last) {
        let all = split(words) == split(name);
        return Some(if all { sure::REORDERED } else { sure::CONTAINS });
    }
    let begins = |word: &[Code]| word.starts_with(last);
    name.split(|code| *code == 0)
        .any(begins)
        .then_some(sure::CONTAINS_PARTLY)
}
