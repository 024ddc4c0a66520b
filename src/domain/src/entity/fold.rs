//! When two spellings are the same name: case, accents, punctuation and legal forms do not count.

/// A name as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Words of plain letters and digits with one space between them.
    pub text: String,
    /// How much of `text` is the name proper; its legal form and the SEC's marks come after.
    pub core: usize,
    /// How much of the name as written the name proper takes.
    pub written: usize,
}

/// A word of the name as it was written: where it begins in the folded letters and ends in the name.
struct Word {
    start: usize,
    end: usize,
    written: usize,
    /// Behind the slash of a mark such as `/DE/`.
    mark: bool,
}

/// What companies are, not what they are called; sorted. `com` is the end of a name that was once an address.
const LEGAL_FORMS: [&str; 47] = [
    "ab",
    "adr",
    "ads",
    "ag",
    "as",
    "asa",
    "bhd",
    "bv",
    "co",
    "com",
    "companies",
    "company",
    "corp",
    "corporation",
    "cos",
    "cv",
    "gmbh",
    "group",
    "grp",
    "hldg",
    "hldgs",
    "holding",
    "holdings",
    "inc",
    "incorporated",
    "jsc",
    "kgaa",
    "kk",
    "limited",
    "llc",
    "lllp",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "nv",
    "oyj",
    "pcl",
    "pjsc",
    "plc",
    "sa",
    "sab",
    "sarl",
    "sca",
    "se",
    "spa",
    "tbk",
];

pub fn fold(name: &str) -> Folded {
    let (letters, words) = words(name);
    let mut text = String::with_capacity(letters.len() + words.len());
    // Where each folded word ends: in `text`, in the name as written.
    let mut ends: Vec<(usize, usize)> = Vec::with_capacity(words.len());
    let mut proper = None;
    let mut after_initial = false;
    let alone = words.len() == 1;
    for (n, word) in words.iter().enumerate() {
        let spelt = &letters[word.start..word.end];
        if !alone && (spelt == "and" || (n == 0 && spelt == "the")) {
            continue;
        }
        if word.mark && proper.is_none() && !ends.is_empty() {
            proper = Some(ends.len());
            after_initial = false;
        }
        // Initials are one word, dotted or not: `N V`, `N.V.` and `NV`.
        let initial = spelt.chars().nth(1).is_none();
        if initial && after_initial {
            ends.pop();
        } else if !text.is_empty() {
            text.push(' ');
        }
        after_initial = initial;
        text.push_str(spelt);
        ends.push((text.len(), word.written));
    }
    let whole = ends.len();
    let kept = without_legal_form(&text, &ends[..proper.unwrap_or(whole)]);
    let (core, written) = kept
        .checked_sub(1)
        .map_or((text.len(), name.len()), |last| ends[last]);
    Folded {
        text,
        core,
        written,
    }
}

/// How many of the words are the name proper: at least one.
fn without_legal_form(text: &str, ends: &[(usize, usize)]) -> usize {
    let mut kept = ends.len();
    let mut dropped = "";
    while kept > 1 {
        let start = ends[kept - 2].0 + 1;
        let word = &text[start..ends[kept - 1].0];
        let form = LEGAL_FORMS.binary_search(&word).is_ok()
            || (word == "de" && dropped == "cv")
            || (word == "public" && matches!(dropped, "limited" | "ltd" | "co" | "company"));
        if !form {
            break;
        }
        dropped = word;
        kept -= 1;
    }
    kept
}

fn words(name: &str) -> (String, Vec<Word>) {
    let mark = mark(name);
    let mut letters = String::with_capacity(name.len());
    let mut words = Vec::with_capacity(8);
    let mut start = 0;
    for (at, c) in name.char_indices() {
        if joins(c) {
            continue;
        }
        if c.is_alphanumeric() {
            push_plain(c, &mut letters);
        } else if letters.len() > start {
            words.push(Word {
                start,
                end: letters.len(),
                written: at,
                mark: at > mark,
            });
            start = letters.len();
        }
    }
    if letters.len() > start {
        words.push(Word {
            start,
            end: letters.len(),
            written: name.len(),
            mark: name.len() > mark,
        });
    }
    (letters, words)
}

/// Where the SEC's mark begins: a state, a country or a remark behind a slash at the end, as in
/// `CORNING INC /NY`, `US BANCORP \DE\` and `Airbus SE/ADR`.
fn mark(name: &str) -> usize {
    const SLASHES: [char; 2] = ['/', '\\'];
    let body = name.trim_end_matches(|c: char| SLASHES.contains(&c) || c == ' ');
    let Some(at) = body.rfind(SLASHES) else {
        return name.len();
    };
    let remark = body[at + 1..].trim();
    let short = (1..=4).contains(&remark.len()) && remark.bytes().all(|b| b.is_ascii_alphabetic());
    if short { at } else { name.len() }
}

/// Marks inside a word: apostrophes and combining accents.
fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}')
}

fn push_plain(c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase());
        return;
    }
    // The full-width forms stand in ASCII's own order.
    if let Some(narrow) = ('\u{ff01}'..='\u{ff5e}')
        .contains(&c)
        .then(|| char::from_u32(u32::from(c) - 0xfee0))
        .flatten()
    {
        into.push(narrow.to_ascii_lowercase());
        return;
    }
    for c in c.to_lowercase().filter(|c| !joins(*c)) {
        match plain(c) {
            Some(plain) => into.push_str(plain),
            None => into.push(c),
        }
    }
}

/// The Latin letters with something on them that names are written with.
const fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_to_its_words_and_its_proper_part() {
        for (name, text, core, written) in [
            ("Apple Inc.", "apple inc", "apple", "Apple"),
            ("MOODYS CORP /DE/", "moodys corp de", "moodys", "MOODYS"),
            ("Moody’s", "moodys", "moodys", "Moody’s"),
            (
                "US BANCORP \\DE\\",
                "us bancorp de",
                "us bancorp",
                "US BANCORP",
            ),
            (
                "WOLTERS KLUWER N V /FI",
                "wolters kluwer nv fi",
                "wolters kluwer",
                "WOLTERS KLUWER",
            ),
            (
                "AMERICA MOVIL SAB DE CV/",
                "america movil sab de cv",
                "america movil",
                "AMERICA MOVIL",
            ),
            ("AT&T INC.", "at t inc", "at t", "AT&T"),
            (
                "Johnson and Johnson",
                "johnson johnson",
                "johnson johnson",
                "Johnson and Johnson",
            ),
            ("S & P Global", "sp global", "sp global", "S & P Global"),
            (
                "The Trade Desk, Inc.",
                "trade desk inc",
                "trade desk",
                "The Trade Desk",
            ),
            ("AMAZON COM INC", "amazon com inc", "amazon", "AMAZON"),
            (
                "Société Générale",
                "societe generale",
                "societe generale",
                "Société Générale",
            ),
            ("Nestle\u{301} SA", "nestle sa", "nestle", "Nestle\u{301}"),
            ("ＳＯＮＹ", "sony", "sony", "ＳＯＮＹ"),
            ("İş Bankası", "is bankasi", "is bankasi", "İş Bankası"),
            ("Co", "co", "co", "Co"),
            ("The", "the", "the", "The"),
            ("3M", "3m", "3m", "3M"),
        ] {
            let folded = fold(name);
            assert_eq!(
                (
                    folded.text.as_str(),
                    &folded.text[..folded.core],
                    &name[..folded.written]
                ),
                (text, core, written),
                "{name}"
            );
        }
    }

    #[test]
    fn legal_forms_are_sorted_for_the_search() {
        assert!(LEGAL_FORMS.is_sorted());
    }

    #[test]
    fn what_has_no_letters_folds_to_nothing() {
        for name in ["", " ", "/", "\\//", "...", "🍏", "\u{301}", "the and"] {
            let folded = fold(name);
            assert_eq!(folded.text, "", "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_folded_within_its_bounds(name in ".{0,200}") {
            let folded = fold(&name);
            proptest::prop_assert!(folded.text.is_char_boundary(folded.core));
            proptest::prop_assert!(name.is_char_boundary(folded.written));
            proptest::prop_assert!(!folded.text.contains("  "));
        }
    }
}
