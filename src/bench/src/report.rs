//! The table, and the dated page it is kept on.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Limits, and on which side of them a figure is good. Without any it is measured for its own sake.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goal {
    at_least: bool,
    target: Option<f64>,
    stretch: Option<f64>,
}

impl Goal {
    fn verdict(self, figure: f64) -> &'static str {
        let within = |limit: f64| {
            if self.at_least {
                figure >= limit
            } else {
                figure <= limit
            }
        };
        match (self.target.map(within), self.stretch.map(within)) {
            (None, None) => "",
            _ if figure.is_nan() => "no figure",
            (Some(false), _) => "missed",
            (_, Some(true)) => "stretch",
            (Some(true), _) => "met",
            (None, Some(false)) => "not yet",
        }
    }

    fn shown(self, limit: Option<f64>) -> String {
        let sign = if self.at_least { '≥' } else { '≤' };
        limit
            .map(|limit| format!("{sign} {}", number(limit)))
            .unwrap_or_default()
    }
}

/// One line of the table. The figure judged is the ratio where there is a peer, else ours.
#[derive(Debug, Clone)]
pub struct Row {
    pub yardstick: &'static str,
    pub what: String,
    pub peer: &'static str,
    pub ours: f64,
    pub unit: &'static str,
    pub theirs: Option<f64>,
    pub ratio: Option<f64>,
    pub goal: Goal,
}

impl Row {
    pub fn new(
        yardstick: &'static str,
        what: impl Into<String>,
        ours: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            yardstick,
            what: what.into(),
            peer: "",
            ours,
            unit,
            theirs: None,
            ratio: None,
            goal: Goal::default(),
        }
    }

    #[must_use]
    pub fn against(mut self, peer: &'static str, theirs: f64) -> Self {
        (self.peer, self.theirs, self.ratio) = (peer, Some(theirs), Some(self.ours / theirs));
        self
    }

    /// The ratio as measured in pairs, which is not the ratio of the medians.
    #[must_use]
    pub fn compared(mut self, peer: &'static str, compared: crate::rounds::Compared) -> Self {
        self.ours = compared.ours;
        (self.peer, self.theirs, self.ratio) = (peer, Some(compared.peer), Some(compared.ratio));
        self
    }

    #[must_use]
    pub fn at_most(
        mut self,
        target: impl Into<Option<f64>>,
        stretch: impl Into<Option<f64>>,
    ) -> Self {
        self.goal = Goal {
            at_least: false,
            target: target.into(),
            stretch: stretch.into(),
        };
        self
    }

    #[must_use]
    pub fn at_least(mut self, target: f64, stretch: f64) -> Self {
        self.goal = Goal {
            at_least: true,
            target: Some(target),
            stretch: Some(stretch),
        };
        self
    }

    pub fn verdict(&self) -> &'static str {
        self.goal.verdict(self.ratio.unwrap_or(self.ours))
    }

    fn cells(&self) -> [String; 9] {
        let with_unit = |figure: f64| {
            format!("{} {}", number(figure), self.unit)
                .trim_end()
                .to_owned()
        };
        [
            self.yardstick.to_owned(),
            self.what.clone(),
            self.peer.to_owned(),
            with_unit(self.ours),
            self.theirs.map(with_unit).unwrap_or_default(),
            self.ratio
                .map(|ratio| format!("{}×", number(ratio)))
                .unwrap_or_default(),
            self.goal.shown(self.goal.target),
            self.goal.shown(self.goal.stretch),
            self.verdict().to_owned(),
        ]
    }
}

/// Three significant digits, more before the point if there are more.
fn number(figure: f64) -> String {
    let size = figure.abs();
    if figure.is_nan() {
        "–".to_owned()
    } else if size >= 1000.0 {
        let digits = format!("{figure:.0}");
        let from_the_end = digits.len();
        digits
            .char_indices()
            .fold(String::new(), |mut text, (at, digit)| {
                if at > 0 && (from_the_end - at).is_multiple_of(3) && !text.ends_with('-') {
                    text.push(',');
                }
                text.push(digit);
                text
            })
    } else if size >= 100.0 || figure.fract() == 0.0 {
        format!("{figure:.0}")
    } else if size >= 10.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.2}")
    }
}

const HEAD: [&str; 9] = [
    "", "work", "peer", "ours", "peer's", "ratio", "target", "stretch", "verdict",
];

/// As Markdown that can be read as it is.
pub fn table(rows: &[Row]) -> String {
    let mut lines: Vec<[String; 9]> = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 9] = std::array::from_fn(width);
    let mut text = String::new();
    for (n, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if n == 0 {
            text.extend(widths.map(|width| format!("|{}", "-".repeat(width + 2))));
            text.push_str("|\n");
        }
    }
    text
}

const MARK: &str = "## Results\n";

/// Puts the newest result first below the page's heading for results.
pub fn write(page: &Path, title: &str, body: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(page).with_context(|| format!("reading {}", page.display()))?;
    let (above, below) = text
        .split_once(MARK)
        .context("the page has no heading for results")?;
    Ok(fs::write(
        page,
        format!("{above}{MARK}\n### {title}\n\n{}\n{below}", body.trim_end()),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_matters() {
        let cases = [
            (0.5, "0.50"),
            (2.0, "2"),
            (17.34, "17.3"),
            (119.4, "119"),
            (1234.0, "1,234"),
            (123_456.7, "123,457"),
            (f64::NAN, "–"),
        ];
        for (figure, shown) in cases {
            assert_eq!(number(figure), shown);
        }
    }

    #[test]
    fn the_verdict_looks_at_the_ratio_where_there_is_one() {
        let row = |ours: f64| {
            Row::new("Y1", "x", ours, "us")
                .against("bare", 10.0)
                .at_most(2.5, 1.9)
        };
        let verdicts = [18.0, 25.0, 26.0, f64::NAN].map(|ours| row(ours).verdict());
        assert_eq!(verdicts, ["stretch", "met", "missed", "no figure"]);
        assert_eq!(
            Row::new("Y2", "x", 0.9, "ms").at_most(None, 2.0).verdict(),
            "stretch"
        );
    }
}
