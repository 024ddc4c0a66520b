//! Whether each billing account is what its history says, and its state what its facts amount to.

use domain::billing::facts::Facts;
use domain::billing::state::derive;
use domain::time::{Micros, Span};
use sqlx::{FromRow, query_as};

use super::Finding;
use crate::billing::FactsRow;
use crate::db::{Db, Result};
use crate::grants::GrantRow;
use crate::json::Json;

const READABLE: &str = "an account's facts can be read";
const HISTORY: &str = "an account is what its last change says";
const STATE: &str = "an account's state is what its facts amount to";

pub(super) const RULES: [&str; 3] = [READABLE, HISTORY, STATE];

/// An account beside the last change of its history. The facts are text, so that one that cannot be
/// read is a finding and not the end of the search.
#[derive(FromRow)]
struct Row {
    org_id: String,
    facts: String,
    state: String,
    rule: String,
    #[sqlx(flatten)]
    grant: GrantRow,
    last_at: Option<i64>,
    last_facts: Option<String>,
    last_state: Option<String>,
    last_rule: Option<String>,
}

pub(super) async fn check(db: &mut Db, grace: Span) -> Result<Vec<Finding>> {
    const PAGE: &str = "
        SELECT
          billing_accounts.org_id,
          billing_accounts.facts,
          billing_accounts.state,
          billing_accounts.rule,
          grants.calls,
          grants.credit,
          grants.renewal,
          grants.period,
          grants.used,
          last.recorded_at AS last_at,
          last.facts AS last_facts,
          last.state AS last_state,
          last.rule AS last_rule
        FROM billing_accounts
        JOIN grants ON grants.org_id = billing_accounts.org_id
        LEFT JOIN billing_history last
          ON last.org_id = billing_accounts.org_id
          AND last.seq = (SELECT MAX(seq) FROM billing_history WHERE org_id = billing_accounts.org_id)
        WHERE billing_accounts.org_id > $1
        ORDER BY billing_accounts.org_id
        LIMIT 500";
    let mut findings = Vec::new();
    let mut after = String::new();
    loop {
        let page: Vec<Row> = on!(db, |c| query_as(PAGE).bind(&after).fetch_all(c).await)?;
        let Some(last) = page.last() else {
            return Ok(findings);
        };
        after.clone_from(&last.org_id);
        for row in page {
            let org = row.org_id.clone();
            let finding = |rule| Finding {
                rule,
                row: org.clone(),
            };
            findings.extend(row.broken(grace).into_iter().map(finding));
        }
    }
}

impl Row {
    fn broken(self, grace: Span) -> Vec<&'static str> {
        let (Some(at), Some(facts), Some(state), Some(rule)) = (
            self.last_at,
            self.last_facts,
            self.last_state,
            self.last_rule,
        ) else {
            return vec![HISTORY];
        };
        let (Ok(now), Ok(told)) = (Json::try_from(self.facts), Json::<Facts>::try_from(facts))
        else {
            return vec![READABLE];
        };
        let (now, told) = (Facts::from(FactsRow::new(now, self.grant)), told.0);
        let mut broken = Vec::new();
        if self.state != state || self.rule != rule || uncounted(&now) != uncounted(&told) {
            broken.push(HISTORY);
        }
        let standing = derive(&told, Micros(at), grace);
        if standing.state.as_str() != state || standing.reason.name() != rule {
            broken.push(STATE);
        }
        broken
    }
}

/// The facts but for the grant's counter, which moves with every call.
fn uncounted(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.grant.used = 0;
    facts.grant.period.clear();
    facts
}
