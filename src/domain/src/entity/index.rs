//! The two indexes over the names: by hash for what is written right, by trigrams for what is not.

/// A letter of a folded name as a small number; 0 is the space.
pub type Code = u8;

/// `a`-`z`, `0`-`9`, the space, and three for everything else.
pub const ALPHABET: usize = 40;

const GRAMS: usize = ALPHABET * ALPHABET * ALPHABET;

pub fn code(c: char) -> Code {
    match c {
        'a'..='z' => c as u8 - b'a' + 1,
        '0'..='9' => c as u8 - b'0' + 27,
        ' ' => 0,
        other => 37 + u8::try_from(u32::from(other) % 3).unwrap_or(0),
    }
}

/// FNV-1a over the letters alone, so that `JPMorgan` and `JP Morgan` are one.
pub fn hash(text: &str) -> u64 {
    text.bytes()
        .filter(|b| *b != b' ')
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// Pairs of a key and a value in the key's order: a multimap without pointers.
#[derive(Debug, Default)]
pub struct Keys(Box<[(u64, u32)]>);

impl Keys {
    pub fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs.into())
    }

    pub fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|pair| pair.0 < key);
        self.0[from..]
            .iter()
            .take_while(move |pair| pair.0 == key)
            .map(|pair| pair.1)
    }

    /// A pair whose key another pair has.
    pub fn first_repeated(&self) -> Option<(u64, u32)> {
        let mut neighbours = self.0.windows(2);
        neighbours
            .find(|two| two[0].0 == two[1].0)
            .map(|two| two[1])
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// For each trigram the rows it stands in, all of them in one array.
#[derive(Debug)]
pub struct Trigrams {
    /// Where each trigram's rows begin; one more than there are trigrams.
    starts: Box<[u32]>,
    rows: Box<[u32]>,
}

impl Trigrams {
    /// `names[row]` is what stands in that row.
    pub fn new<'a>(names: impl Iterator<Item = &'a [Code]> + Clone) -> Self {
        let mut starts = vec![0_u32; GRAMS + 1];
        let mut seen = vec![0_u32; GRAMS];
        for (row, name) in (1_u32..).zip(names.clone()) {
            grams(name, |gram| {
                if std::mem::replace(&mut seen[gram], row) != row {
                    starts[gram + 1] += 1;
                }
            });
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; usize::try_from(sum).unwrap_or(0)];
        seen.fill(0);
        for (row, name) in (1_u32..).zip(names) {
            grams(name, |gram| {
                if std::mem::replace(&mut seen[gram], row) != row {
                    let at = &mut next[gram];
                    rows[*at as usize] = row - 1;
                    *at += 1;
                }
            });
        }
        Self {
            starts: starts.into(),
            rows: rows.into(),
        }
    }

    pub fn rows(&self, gram: usize) -> &[u32] {
        let (from, to) = (self.starts[gram], self.starts[gram + 1]);
        &self.rows[from as usize..to as usize]
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.rows)
    }
}

/// The trigrams of each word between two blanks before and one behind it: how a word begins counts most.
pub fn grams(name: &[Code], mut each: impl FnMut(usize)) {
    for word in name.split(|code| *code == 0).filter(|w| !w.is_empty()) {
        let (mut first, mut second) = (0, 0);
        for third in word.iter().chain(&[0]).map(|code| usize::from(*code)) {
            each((first * ALPHABET + second) * ALPHABET + third);
            (first, second) = (second, third);
        }
    }
}

/// Each trigram once.
pub fn distinct_grams(name: &[Code]) -> Vec<usize> {
    let mut all = Vec::with_capacity(name.len() + 8);
    grams(name, |gram| all.push(gram));
    all.sort_unstable();
    all.dedup();
    all
}
