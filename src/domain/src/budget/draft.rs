//! Limits as people type them: dollars and cents in, limits or what is wrong out, and what each of them
//! would mean in plain words. The server and the browser ask the same functions.

use crate::billing::state::BudgetChange;
use crate::money::Usd;

use super::limits::{Change, Field, InvalidLimits, Limits, MAX_CENTS, Which};

/// The three fields as they were typed. Empty is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    pub soft: String,
    pub approval: String,
    pub cap: String,
}

/// What is wrong, beside the field it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistakes {
    pub soft: Option<&'static str>,
    pub approval: Option<&'static str>,
    pub cap: Option<&'static str>,
    /// About none of them alone.
    pub whole: Option<&'static str>,
}

/// Why a text is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAmount {
    NoAmount,
    Negative,
    Fraction,
    TooHigh,
}

impl BadAmount {
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoAmount => {
                "Write dollars and cents, like 50 or 49.99. Leave it empty for no limit."
            }
            Self::Negative => "A limit cannot be below zero.",
            Self::Fraction => "Whole cents: at most two digits after the point.",
            Self::TooHigh => "The highest limit is $10,000,000.00.",
        }
    }
}

impl Typed {
    /// As limits stand in the fields: `1200.00`.
    pub fn of(limits: Limits) -> Self {
        let text = |limit: Option<Usd>| {
            limit.map_or_else(String::new, |usd| usd.two_decimals().to_string())
        };
        Self {
            soft: text(limits.soft),
            approval: text(limits.approval),
            cap: text(limits.cap),
        }
    }

    /// The limits typed, after those in force; or everything that is wrong with them.
    pub fn read(&self, before: Limits, allowed: BudgetChange) -> Result<Limits, Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut field = |text: &str, which| match cents(text) {
            Ok(Some(cents)) => Field::Cents(cents),
            Ok(None) => Field::Clear,
            Err(bad) => {
                mistakes.set(Some(which), bad.words());
                Field::Keep
            }
        };
        let change = Change {
            cap: field(&self.cap, Which::Cap),
            soft: field(&self.soft, Which::Soft),
            approval: field(&self.approval, Which::Approval),
        };
        let judged = before.judge(change, allowed);
        // What cannot be read says nothing about the others yet.
        if mistakes != Mistakes::default() {
            return Err(mistakes);
        }
        judged.map_err(|wrong| {
            for one in wrong {
                mistakes.set(one.which(), plain(one));
            }
            mistakes
        })
    }
}

impl Mistakes {
    fn set(&mut self, which: Option<Which>, words: &'static str) {
        let place = match which {
            Some(Which::Soft) => &mut self.soft,
            Some(Which::Approval) => &mut self.approval,
            Some(Which::Cap) => &mut self.cap,
            None => &mut self.whole,
        };
        place.get_or_insert(words);
    }
}

/// A refusal in words for the person who typed the amount.
const fn plain(wrong: InvalidLimits) -> &'static str {
    match wrong {
        InvalidLimits::OutOfRange(_) => BadAmount::TooHigh.words(),
        InvalidLimits::AboveCap(_) => {
            "This is above the spend cap, so it would never come into play."
        }
        InvalidLimits::OnlyLower(_) => {
            "While a payment is open this can be lowered, not raised or cleared."
        }
        InvalidLimits::Restricted => {
            "Limits cannot be changed while the organisation is restricted."
        }
    }
}

/// Cents of a typed amount: `50`, `49.99`, `$1,200.5`. `None` is an empty field.
pub fn cents(text: &str) -> Result<Option<i64>, BadAmount> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text).trim_start();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with(['-', '\u{2212}']) {
        return Err(BadAmount::Negative);
    }
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = ungrouped(whole).ok_or(BadAmount::NoAmount)?;
    if !digits(&whole) || !digits(rest) {
        return Err(BadAmount::NoAmount);
    }
    let rest = rest.trim_end_matches('0');
    if rest.len() > 2 {
        return Err(BadAmount::Fraction);
    }
    // Longer than any limit, and perhaps than any number.
    let whole = whole.trim_start_matches('0');
    if whole.len() > 12 {
        return Err(BadAmount::TooHigh);
    }
    let cents: i64 = format!("{whole}{rest:0<2}")
        .parse()
        .map_err(|_| BadAmount::NoAmount)?;
    if cents > MAX_CENTS {
        return Err(BadAmount::TooHigh);
    }
    Ok(Some(cents))
}

/// Without commas between thousands; a comma anywhere else may be a decimal sign, and is refused.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let mut text = groups.next()?.to_owned();
    if whole.contains(',') && (text.is_empty() || text.len() > 3) {
        return None;
    }
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        text.push_str(group);
    }
    Some(text)
}

/// What the words need to know of how things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// `November`
    pub month: String,
    pub spent: Usd,
    /// A key's limits, not the organisation's.
    pub of_key: bool,
}

/// What a limit means, were it in force now.
pub fn consequence(which: Which, limit: Option<Usd>, ground: &Ground) -> String {
    let Ground {
        month,
        spent,
        of_key,
    } = ground;
    let Some(limit) = limit else {
        return match (which, of_key) {
            (Which::Cap, false) => format!("No spend cap: nothing stops {month}'s spend."),
            (Which::Cap, true) => {
                "No cap of its own: only the organisation's limits stop it.".to_owned()
            }
            (Which::Approval, _) => "No threshold: nobody is asked.".to_owned(),
            (Which::Soft, _) => "No soft cap: only nearing the spend cap is told.".to_owned(),
        };
    };
    let reached = *spent >= limit;
    let (call, whose) = if *of_key {
        ("A call of this key", format!("its {month} spend"))
    } else {
        ("A call", format!("{month}'s spend"))
    };
    match which {
        Which::Cap if reached => format!(
            "{spent} is spent already: from the next request on, every call that costs something is refused before any work, until {month} ends."
        ),
        Which::Cap => format!(
            "{call} that would take {whose} past {limit} is refused before any work; nothing is charged."
        ),
        Which::Approval if reached => format!(
            "{spent} is spent already: from the next request on, every call that costs something needs a person's approval."
        ),
        Which::Approval => {
            format!("{call} that would take {whose} past {limit} needs a person's approval first.")
        }
        Which::Soft if reached => {
            "Passed already: once it is saved you are told so. Calls go on.".to_owned()
        }
        Which::Soft => format!("When {whose} reaches {limit} you are told, once. Calls go on."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        use BadAmount::{Fraction, Negative, NoAmount, TooHigh};
        let good = [
            ("", None),
            ("  ", None),
            ("$", None),
            ("0", Some(0)),
            ("50", Some(5_000)),
            ("$50", Some(5_000)),
            (" $ 49.9 ", Some(4_990)),
            ("0.01", Some(1)),
            ("49.990", Some(4_999)),
            ("1,200.50", Some(120_050)),
            ("1200.50", Some(120_050)),
            ("007", Some(700)),
            ("10,000,000", Some(MAX_CENTS)),
        ];
        for (text, read) in good {
            assert_eq!(cents(text), Ok(read), "{text:?}");
        }
        let bad = [
            ("ten", NoAmount),
            ("1e3", NoAmount),
            ("49,99", NoAmount),
            (",500", NoAmount),
            ("1,20", NoAmount),
            ("1234,567", NoAmount),
            (".50", NoAmount),
            ("50.", NoAmount),
            ("5 0", NoAmount),
            ("٥", NoAmount),
            ("-1", Negative),
            ("−1", Negative),
            ("$-1", Negative),
            ("0.005", Fraction),
            ("10000000.01", TooHigh),
            ("99999999999999999999999", TooHigh),
        ];
        for (text, why) in bad {
            assert_eq!(cents(text), Err(why), "{text:?}");
        }
    }

    fn typed(soft: &str, approval: &str, cap: &str) -> Typed {
        Typed {
            soft: soft.into(),
            approval: approval.into(),
            cap: cap.into(),
        }
    }

    #[test]
    fn every_mistake_stands_beside_its_field_at_once() {
        let none = Limits::default();
        let wrong = typed("60", "70", "50")
            .read(none, BudgetChange::Any)
            .unwrap_err();
        assert!(wrong.soft.is_some() && wrong.approval.is_some() && wrong.cap.is_none());
        let wrong = typed("x", "70", "-50")
            .read(none, BudgetChange::Any)
            .unwrap_err();
        assert!(wrong.soft.is_some() && wrong.cap.is_some());
        assert_eq!(wrong.approval, None, "there is no cap yet to compare with");
        let wrong = typed("", "", "50")
            .read(none, BudgetChange::Not)
            .unwrap_err();
        assert!(wrong.whole.is_some());
    }

    #[test]
    fn what_stands_in_the_fields_reads_as_what_is_in_force() {
        for cents in [None, Some(0), Some(1), Some(1_999), Some(MAX_CENTS)] {
            let limit = cents.map(|cents| Usd::cents(cents).expect("it fits"));
            let limits = Limits {
                cap: limit,
                soft: limit,
                approval: limit,
            };
            for allowed in [BudgetChange::Any, BudgetChange::LowerOnly] {
                assert_eq!(Typed::of(limits).read(limits, allowed), Ok(limits));
            }
        }
    }

    #[test]
    fn an_open_payment_lets_limits_fall_only() {
        let before = typed("", "", "50")
            .read(Limits::default(), BudgetChange::Any)
            .expect("limits");
        let ask = |cap| typed("", "", cap).read(before, BudgetChange::LowerOnly);
        assert!(ask("49.99").is_ok() && ask("50").is_ok());
        assert!(ask("50.01").is_err() && ask("").is_err());
    }

    #[test]
    fn a_limit_that_is_reached_says_so() {
        let ground = Ground {
            month: "November".into(),
            spent: Usd::cents(5_000).expect("it fits"),
            of_key: false,
        };
        let say = |which, cents| {
            let limit = Usd::cents(cents).expect("it fits");
            consequence(which, Some(limit), &ground)
        };
        assert_eq!(
            say(Which::Cap, 5_001),
            "A call that would take November's spend past $50.01 is refused before any work; nothing is charged."
        );
        assert!(say(Which::Cap, 5_000).starts_with("$50.00 is spent already"));
        assert!(say(Which::Approval, 4_000).contains("needs a person's approval"));
        assert!(say(Which::Soft, 5_000).starts_with("Passed already"));
    }
}
