-- Billing: facts, their history, and what is exchanged with the payment provider.

-- The grant with an operator's credit on top. What is used of `period` counts; an earlier period's does not.
CREATE TABLE grants_2 (
  org_id TEXT COLLATE "C" PRIMARY KEY REFERENCES orgs (id),
  calls BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  renewal TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  used BIGINT NOT NULL,
  CONSTRAINT grants_used CHECK (used >= 0),
  CONSTRAINT grants_calls CHECK (calls >= 0 AND credit >= 0)
);
INSERT INTO grants_2 (org_id, calls, credit, renewal, period, used)
SELECT org_id, calls, 0, 'monthly', month, used
FROM grants;
DROP TABLE grants;
ALTER TABLE grants_2 RENAME TO grants;

-- What is known of an organisation, and what it amounted to when that was last looked at. `facts` is JSON;
-- `changes_at` is when the same facts may next amount to something else. `ticket` is the last look at the
-- provider that was begun, `applied` the last whose findings were kept: an older look never overwrites a newer.
CREATE TABLE billing_accounts (
  org_id TEXT COLLATE "C" PRIMARY KEY REFERENCES orgs (id),
  facts TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  since BIGINT NOT NULL,
  changes_at BIGINT,
  ticket BIGINT NOT NULL,
  applied BIGINT NOT NULL,
  checked_at BIGINT,
  CONSTRAINT billing_accounts_tickets CHECK (applied <= ticket)
);
CREATE INDEX billing_accounts_by_change ON billing_accounts (changes_at) WHERE changes_at IS NOT NULL;
CREATE INDEX billing_accounts_by_check ON billing_accounts (checked_at) WHERE checked_at IS NOT NULL;
CREATE INDEX billing_accounts_by_state ON billing_accounts (state, org_id);

-- Every change of facts or state, so that any past day can be answered for.
CREATE TABLE billing_history (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  seq BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  cause TEXT COLLATE "C" NOT NULL,
  cause_ref TEXT COLLATE "C",
  actor TEXT COLLATE "C",
  facts TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  CONSTRAINT billing_history_pk PRIMARY KEY (org_id, seq)
);
CREATE INDEX billing_history_by_time ON billing_history (org_id, recorded_at, seq);

-- What is known already: the organisation was made, then its contracts were recorded one after the other.
INSERT INTO billing_history (org_id, seq, recorded_at, cause, cause_ref, facts, state, rule)
SELECT
  changes.org_id,
  ROW_NUMBER() OVER (PARTITION BY changes.org_id ORDER BY changes.told_at, changes.contract),
  changes.told_at,
  changes.cause,
  NULLIF(changes.contract, ''),
  CAST(json_build_object(
    'restriction', NULL,
    'contracts', COALESCE((
      SELECT json_agg(
        json_build_object('id', contracts.id, 'starts_at', starts_at, 'ends_at', ends_at) ORDER BY recorded_at, contracts.id
      )
      FROM contracts
      WHERE contracts.org_id = changes.org_id
        AND (recorded_at, contracts.id) <= (changes.told_at, changes.contract)
    ), CAST('[]' AS JSON)),
    'plan', NULL,
    'usage', NULL,
    'payg', NULL,
    'card', NULL,
    'unpaid', CAST('[]' AS JSON),
    'grant', json_build_object('calls', calls, 'credit', 0, 'renewal', renewal, 'period', '', 'used', 0)
  ) AS TEXT),
  CASE
    WHEN EXISTS (
      SELECT 1
      FROM contracts
      WHERE contracts.org_id = changes.org_id
        AND (recorded_at, contracts.id) <= (changes.told_at, changes.contract)
        AND starts_at <= changes.told_at
        AND (ends_at IS NULL OR ends_at > changes.told_at)
    ) THEN 'commercial_active'
    WHEN calls > 0 THEN 'sandbox_grant'
    ELSE 'payg_pending_card'
  END,
  ''
FROM (
  SELECT id AS org_id, created_at AS told_at, '' AS contract, 'created' AS cause
  FROM orgs
  UNION ALL
  SELECT contracts.org_id, recorded_at, contracts.id, 'operator'
  FROM contracts
) AS changes
JOIN grants ON grants.org_id = changes.org_id;
UPDATE billing_history
SET rule = CASE state
  WHEN 'commercial_active' THEN 'contract_in_force'
  WHEN 'sandbox_grant' THEN 'grant_left'
  ELSE 'nothing_left'
END;
-- Due at once: what the facts amount to by now is looked at first of all.
INSERT INTO billing_accounts (org_id, facts, state, rule, since, changes_at, ticket, applied)
SELECT
  org_id,
  facts,
  state,
  rule,
  (
    SELECT MIN(same.recorded_at)
    FROM billing_history AS same
    WHERE same.org_id = billing_history.org_id
      AND same.seq > COALESCE((
        SELECT MAX(other.seq)
        FROM billing_history AS other
        WHERE other.org_id = billing_history.org_id
          AND other.state <> billing_history.state
      ), 0)
  ),
  0,
  0,
  0
FROM billing_history
WHERE seq = (SELECT MAX(seq) FROM billing_history AS later WHERE later.org_id = billing_history.org_id);
DROP TABLE contracts;

-- The provider's record of an organisation: one, made once.
CREATE TABLE customers (
  org_id TEXT COLLATE "C" PRIMARY KEY REFERENCES orgs (id),
  stripe_id TEXT COLLATE "C" NOT NULL CONSTRAINT customers_stripe UNIQUE,
  livemode BOOLEAN NOT NULL,
  email TEXT COLLATE "C",
  name TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- The provider's invoices, as last seen; `body` is JSON.
CREATE TABLE invoices (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  id TEXT COLLATE "C" NOT NULL CONSTRAINT invoices_id UNIQUE,
  created_at BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  CONSTRAINT invoices_pk PRIMARY KEY (org_id, created_at, id)
);

-- What was meant to be done at the provider, written down before it was asked; `purpose` is JSON.
CREATE TABLE intents (
  id TEXT COLLATE "C" PRIMARY KEY,
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  kind TEXT COLLATE "C" NOT NULL,
  purpose TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  object TEXT COLLATE "C",
  url TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX intents_by_org ON intents (org_id, id);
-- One of a kind at a time: two tabs share a Checkout, and a customer is made once.
CREATE UNIQUE INDEX intents_pending ON intents (org_id, kind) WHERE status IN ('open', 'waiting');
CREATE INDEX intents_unsettled ON intents (updated_at) WHERE status IN ('open', 'waiting');

-- Every event the provider told of, for ever: a duplicate is known however late it comes.
CREATE TABLE stripe_events (
  id TEXT COLLATE "C" PRIMARY KEY,
  type TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  customer TEXT COLLATE "C",
  object TEXT COLLATE "C",
  org_id TEXT COLLATE "C" REFERENCES orgs (id),
  status TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT,
  error TEXT COLLATE "C"
);
CREATE INDEX stripe_events_due ON stripe_events (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX stripe_events_by_org ON stripe_events (org_id, received_at, id) WHERE org_id IS NOT NULL;

-- Usage of a UTC month by meter family, priced as it was when it happened.
CREATE TABLE usage_months (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  period TEXT COLLATE "C" NOT NULL,
  plan TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C" NOT NULL,
  rate_card TEXT COLLATE "C" NOT NULL,
  unit_micros BIGINT NOT NULL,
  units BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  CONSTRAINT usage_months_pk PRIMARY KEY (org_id, period, plan, family, rate_card),
  CONSTRAINT usage_months_positive CHECK (units >= 0 AND requests >= 0 AND amount_micros >= 0)
);
CREATE INDEX usage_months_by_period ON usage_months (period, org_id);

-- A closed month's usage on its way to the provider; the id is the identifier it is deduplicated by there.
CREATE TABLE usage_reports (
  id TEXT COLLATE "C" PRIMARY KEY,
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  period TEXT COLLATE "C" NOT NULL,
  amount_cents BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  attempts BIGINT NOT NULL,
  next_at BIGINT,
  error TEXT COLLATE "C",
  CONSTRAINT usage_reports_once UNIQUE (org_id, period)
);
CREATE INDEX usage_reports_due ON usage_reports (next_at) WHERE next_at IS NOT NULL;

-- The platform's own staff, by verified e-mail address in lower case.
CREATE TABLE operators (
  email TEXT COLLATE "C" PRIMARY KEY,
  added_at BIGINT NOT NULL,
  added_by TEXT COLLATE "C" NOT NULL
);

-- Rate cards that were in force; `body` is JSON and never changes.
CREATE TABLE rate_cards (
  version TEXT COLLATE "C" PRIMARY KEY,
  effective_from BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL
);
