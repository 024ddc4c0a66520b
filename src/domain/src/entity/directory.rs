//! The companies in memory: the list's text, what is known of each line, and the indexes over them.

use std::borrow::Cow;

use super::file::{self, MAX_MISTAKES, MAX_ROWS, Mistake, Wrong};
use super::fold::fold;
use super::index::{Code, Keys, Trigrams, code, hash};
use super::query::{Query, Window};
use super::rank::{Hit, Source};
use super::{Basis, Cik, Confidence, Entity, Match, ticker};

/// The companies, largest first. Lookups take no lock and change nothing.
#[derive(Debug)]
pub struct Directory {
    text: Cow<'static, str>,
    pub(super) companies: Box<[Company]>,
    /// The folded names one after the other, as [`Code`]s.
    codes: Box<[Code]>,
    /// Former and household names with their rows, in the rows' order.
    aliases: Box<[(u32, Box<str>)]>,
    ciks: Keys,
    /// [`ticker::key`] to row.
    tickers: Keys,
    /// Hash of a folded name to row and [`Source`].
    pub(super) names: Keys,
    pub(super) trigrams: Trigrams,
}

/// Where a company's parts are.
#[derive(Debug)]
pub(super) struct Company {
    cik: Cik,
    /// Of the name in the text; the tickers come after it and a tab.
    name: u32,
    name_len: u16,
    /// As much of the name as is not its legal form.
    proper_len: u16,
    tickers_len: u16,
    /// Of the folded name in the codes.
    codes: u32,
    core_len: u16,
    codes_len: u16,
}

/// Nothing is meant by that, as far as one can tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no company is known by that")]
pub struct NotFound {
    /// The most likely first; at most [`Directory::SUGGESTIONS`].
    pub suggestions: Vec<Match>,
}

/// A part of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub matches: Vec<Match>,
    /// The cursor of the next page, if there is one.
    pub next: Option<usize>,
}

/// What the indexes are made from, line by line.
#[derive(Default)]
struct Draft {
    companies: Vec<Company>,
    codes: Vec<Code>,
    ciks: Vec<(u64, u32)>,
    tickers: Vec<(u64, u32)>,
    names: Vec<(u64, u32)>,
}

impl Directory {
    pub const SUGGESTIONS: usize = 5;

    /// Reads a list (see [`file`](super::file)) and a list of aliases: `CIK <tab> alias`, line by line.
    /// Aliases of companies that are not in the list are left out.
    pub fn read(text: impl Into<Cow<'static, str>>, aliases: &str) -> Result<Self, Vec<Mistake>> {
        let text = text.into();
        let mut draft = Draft::default();
        let mut mistakes = Vec::new();
        let mut at = 0;
        for (n, line) in (1..).zip(text.split_terminator('\n')) {
            if let Err(what) = draft.take(line, at, n) {
                mistakes.push(Mistake { row: n, what });
                if mistakes.len() >= MAX_MISTAKES || n > MAX_ROWS {
                    return Err(mistakes);
                }
            }
            at += line.len() + 1;
        }
        if draft.companies.is_empty() && mistakes.is_empty() {
            let what = Wrong::Empty;
            mistakes.push(Mistake { row: 0, what });
        }
        if mistakes.is_empty() {
            draft.finish(text, aliases)
        } else {
            Err(mistakes)
        }
    }

    pub fn len(&self) -> usize {
        self.companies.len()
    }

    /// How many securities the companies have.
    pub fn tickers_len(&self) -> usize {
        let of = |row| self.tickers(row).count();
        (0..).take(self.len()).map(of).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.companies.is_empty()
    }

    /// The list it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// About how much memory the indexes take; the text is not counted.
    pub fn bytes(&self) -> usize {
        let keys = self.ciks.bytes() + self.tickers.bytes() + self.names.bytes();
        keys + self.trigrams.bytes() + size_of_val(&*self.companies) + self.codes.len()
    }

    /// Every company, largest first.
    pub fn entities(&self) -> impl Iterator<Item = Entity> {
        (0..).take(self.len()).map(|row| self.entity(row))
    }

    pub fn by_cik(&self, cik: Cik) -> Option<Entity> {
        self.row_of_cik(cik).map(|row| self.entity(row))
    }

    /// By any way to write a ticker.
    pub fn by_ticker(&self, ticker: &str) -> Option<Entity> {
        self.hit_of_ticker(ticker).map(|hit| self.entity(hit.row))
    }

    /// The one company that is meant.
    pub fn resolve(&self, query: &Query) -> Result<Match, NotFound> {
        match query {
            Query::Ticker(words) => match self.hit_of_ticker(words) {
                Some(hit) => Ok(self.found(&hit, words)),
                None => Err(self.near(words, self.near_tickers(words))),
            },
            Query::Cik(cik) => {
                self.hit_of_cik(*cik)
                    .map(|hit| self.found(&hit, ""))
                    .ok_or(NotFound {
                        suggestions: Vec::new(),
                    })
            }
            Query::Name(words) => match self.named(words) {
                Some(hit) => Ok(self.found(&hit, words)),
                None => self.decide(words, &self.ranked(words)),
            },
            Query::Guess(words) => {
                let cik = Cik::parse(words).and_then(|cik| self.hit_of_cik(cik));
                let ticker = || ticker::looks_like_one(words).then(|| self.hit_of_ticker(words));
                let sure = cik.or_else(|| ticker().flatten());
                match sure.or_else(|| self.named(words)) {
                    Some(hit) => Ok(self.found(&hit, words)),
                    None => self.decide(words, &self.guessed(words)),
                }
            }
        }
    }

    /// Every company that could be meant, the most likely first.
    pub fn search(&self, words: &str, window: Window) -> Page {
        let hits = self.guessed(words);
        let page = hits.iter().skip(window.offset()).take(window.limit());
        Page {
            matches: page.map(|hit| self.found(hit, words)).collect(),
            next: window.next(hits.len()),
        }
    }

    /// A part of the whole list, largest first.
    pub fn list(&self, window: Window) -> Page {
        let rows = (0..).take(self.len());
        let page = rows.skip(window.offset()).take(window.limit());
        let hit = |row| Hit::new(row, Basis::Cik, Confidence::CERTAIN.thousandths());
        Page {
            matches: page.map(|row| self.found(&hit(row), "")).collect(),
            next: window.next(self.len()),
        }
    }

    pub(super) fn hit_of_cik(&self, cik: Cik) -> Option<Hit> {
        let row = self.row_of_cik(cik)?;
        Some(Hit::new(row, Basis::Cik, 1000))
    }

    fn row_of_cik(&self, cik: Cik) -> Option<u32> {
        self.ciks.get(cik.number()).next()
    }

    /// One that is written the same before one that only has the same letters: `BC-PC` is not `BCPC`.
    pub(super) fn hit_of_ticker(&self, words: &str) -> Option<Hit> {
        let wanted = ticker::normalise(words)?;
        let mut same_letters = None;
        for row in self.tickers.get(ticker::key(&wanted)) {
            if self.tickers(row).any(|ticker| ticker == wanted) {
                return Some(Hit::new(row, Basis::Ticker, 1000));
            }
            same_letters = same_letters.or(Some(row));
        }
        same_letters.map(|row| Hit::new(row, Basis::Ticker, 980))
    }

    /// Companies with a ticker that is one slip away, largest first.
    fn near_tickers(&self, words: &str) -> Vec<Hit> {
        let Some(wanted) = ticker::normalise(words).filter(|t| t.len() > 1) else {
            return Vec::new();
        };
        let near = |row: &u32| self.tickers(*row).any(|t| ticker::near(t, &wanted));
        let rows = (0..).take(self.len()).filter(near);
        rows.take(3)
            .map(|row| Hit::new(row, Basis::Ticker, 600))
            .collect()
    }

    /// `first`, then what the words could mean as a name.
    fn near(&self, words: &str, first: Vec<Hit>) -> NotFound {
        let mut hits = first;
        for hit in self.ranked(words) {
            if hits.len() >= Self::SUGGESTIONS {
                break;
            }
            if hits.iter().all(|known| known.row != hit.row) {
                hits.push(hit);
            }
        }
        self.suggest(words, &hits)
    }

    pub(super) fn found(&self, hit: &Hit, words: &str) -> Match {
        let entity = self.entity(hit.row);
        let matched = match hit.basis {
            Basis::Cik => entity.cik.to_string(),
            Basis::Ticker => self.matched_ticker(hit.row, words),
            Basis::Name => self.matched_name(hit, &entity),
        };
        Match {
            entity,
            confidence: Confidence::new(hit.confidence),
            basis: hit.basis,
            matched,
        }
    }

    /// Which of the company's tickers was meant.
    fn matched_ticker(&self, row: u32, words: &str) -> String {
        let wanted = ticker::normalise(words).unwrap_or_default();
        let key = ticker::key(&wanted);
        self.tickers(row)
            .find(|t| *t == wanted)
            .or_else(|| self.tickers(row).find(|t| ticker::key(t) == key))
            .or_else(|| self.tickers(row).find(|t| ticker::near(t, &wanted)))
            .unwrap_or_default()
            .to_owned()
    }

    fn matched_name(&self, hit: &Hit, entity: &Entity) -> String {
        let alias = hit.alias.and_then(|key| {
            let mut aliases = self.aliases(hit.row);
            aliases.find(|alias| hash(&fold(alias).text) == key)
        });
        alias.map_or_else(|| entity.name.clone(), str::to_owned)
    }

    pub(super) fn entity(&self, row: u32) -> Entity {
        let company = &self.companies[row as usize];
        let name = self.name(row);
        let proper = &name[..usize::from(company.proper_len)];
        let short = (proper.len() < name.len()).then_some(proper);
        Entity {
            cik: company.cik,
            name: name.to_owned(),
            tickers: self.tickers(row).map(str::to_owned).collect(),
            aliases: short
                .into_iter()
                .chain(self.aliases(row))
                .map(str::to_owned)
                .collect(),
        }
    }

    fn name(&self, row: u32) -> &str {
        let company = &self.companies[row as usize];
        let from = company.name as usize;
        &self.text[from..from + usize::from(company.name_len)]
    }

    pub(super) fn tickers(&self, row: u32) -> impl Iterator<Item = &str> {
        let company = &self.companies[row as usize];
        let from = company.name as usize + usize::from(company.name_len) + 1;
        let tickers = &self.text[from..from + usize::from(company.tickers_len)];
        tickers.split(' ').filter(|ticker| !ticker.is_empty())
    }

    fn aliases(&self, row: u32) -> impl Iterator<Item = &str> {
        let from = self.aliases.partition_point(|alias| alias.0 < row);
        let own = self.aliases[from..].iter();
        own.take_while(move |alias| alias.0 == row)
            .map(|alias| &*alias.1)
    }

    /// The folded name; with `proper` without its legal form.
    pub(super) fn codes(&self, row: u32, proper: bool) -> &[Code] {
        self.companies[row as usize].codes(&self.codes, proper)
    }
}

impl Company {
    fn codes<'a>(&self, all: &'a [Code], proper: bool) -> &'a [Code] {
        let from = self.codes as usize;
        let len = if proper {
            self.core_len
        } else {
            self.codes_len
        };
        &all[from..from + usize::from(len)]
    }
}

impl Draft {
    fn take(&mut self, line: &str, at: usize, n: usize) -> Result<(), Wrong> {
        if n > MAX_ROWS {
            return Err(Wrong::TooManyRows);
        }
        let file::Line { cik, name, tickers } = file::line(line)?;
        let row = small(self.companies.len())?;
        let folded = fold(name);
        let codes = self.codes.len();
        self.codes.extend(folded.text.chars().map(code));
        let core = &folded.text[..folded.core];
        self.companies.push(Company {
            cik,
            name: small(at + line.len() - tickers.len() - 1 - name.len())?,
            name_len: small(name.len())?,
            proper_len: small(folded.written)?,
            tickers_len: small(tickers.len())?,
            codes: small(codes)?,
            core_len: small(core.chars().count())?,
            codes_len: small(self.codes.len() - codes)?,
        });
        self.ciks.push((cik.number(), row));
        let symbols = tickers.split(' ').filter(|ticker| !ticker.is_empty());
        self.tickers.extend(symbols.map(|t| (ticker::key(t), row)));
        if !folded.text.is_empty() {
            self.names
                .push((hash(&folded.text), Source::Whole.with(row)));
            self.names.push((hash(core), Source::Proper.with(row)));
        }
        Ok(())
    }

    fn finish(mut self, text: Cow<'static, str>, list: &str) -> Result<Directory, Vec<Mistake>> {
        let ciks = Keys::new(self.ciks);
        if let Some((cik, row)) = ciks.first_repeated() {
            let what = Cik::new(cik).map_or(Wrong::Cik(cik.to_string()), Wrong::CikTwice);
            let row = row as usize + 1;
            return Err(vec![Mistake { row, what }]);
        }
        let mut aliases: Vec<(u32, Box<str>)> = Vec::new();
        for (cik, alias) in list.lines().filter_map(|line| line.split_once('\t')) {
            let row = cik.parse().ok().and_then(|cik: u64| ciks.get(cik).next());
            let Some(row) = row else { continue };
            let folded = fold(alias);
            self.names
                .push((hash(&folded.text), Source::Alias.with(row)));
            self.names
                .push((hash(&folded.text[..folded.core]), Source::Alias.with(row)));
            aliases.push((row, alias.into()));
        }
        aliases.sort_by_key(|alias| alias.0);
        let proper = self.companies.iter().map(|c| c.codes(&self.codes, true));
        let trigrams = Trigrams::new(proper);
        Ok(Directory {
            text,
            trigrams,
            companies: self.companies.into(),
            codes: self.codes.into(),
            aliases: aliases.into(),
            ciks,
            tickers: Keys::new(self.tickers),
            names: Keys::new(self.names),
        })
    }
}

/// A position in a list that is far smaller than what would not fit.
fn small<T: TryFrom<usize>>(n: usize) -> Result<T, Wrong> {
    T::try_from(n).map_err(|_| Wrong::TooManyRows)
}
