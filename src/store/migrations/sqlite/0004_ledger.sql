-- The ledger: what may be spent, what is held, what was used, and why it was let through or not.

-- Limits of an organisation (scope 'org') or of one of its keys (scope: the key's id), in micro-USD.
CREATE TABLE limits (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  scope TEXT NOT NULL,
  cap BIGINT,
  soft BIGINT,
  approval BIGINT,
  changed_at BIGINT NOT NULL,
  changed_by TEXT,
  CONSTRAINT limits_pk PRIMARY KEY (org_id, scope)
) WITHOUT ROWID;

-- Money of one UTC month under one set of limits. `cap` is a copy of the limit in force, so that the row
-- itself refuses to pass it.
CREATE TABLE balances (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  scope TEXT NOT NULL,
  period TEXT NOT NULL,
  cap BIGINT,
  spent BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  CONSTRAINT balances_pk PRIMARY KEY (org_id, scope, period),
  CONSTRAINT balances_positive CHECK (spent >= 0 AND reserved >= 0)
) WITHOUT ROWID;
CREATE TRIGGER balances_cap
BEFORE UPDATE ON balances
WHEN NEW.cap IS NOT NULL
  AND NEW.spent + NEW.reserved > NEW.cap
  AND NEW.spent + NEW.reserved > OLD.spent + OLD.reserved
BEGIN
  SELECT RAISE(ABORT, 'balances_cap');
END;

-- Money held for work that has not ended. `remaining` is what of it is neither settled nor given back.
CREATE TABLE holds (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  key_id TEXT NOT NULL,
  period TEXT NOT NULL,
  class TEXT NOT NULL,
  plan TEXT NOT NULL,
  rate_card TEXT NOT NULL,
  unit_micros BIGINT NOT NULL,
  units BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  payment TEXT NOT NULL,
  request_id TEXT,
  purpose TEXT,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  CONSTRAINT holds_positive CHECK (units >= 0 AND amount_micros >= 0)
) WITHOUT ROWID;
CREATE INDEX holds_open ON holds (expires_at) WHERE status = 'open';
CREATE INDEX holds_by_org ON holds (org_id, id);

-- What was used, one row a charge; the balance is their sum.
CREATE TABLE usage_records (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  id TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  period TEXT NOT NULL,
  key_id TEXT NOT NULL,
  request_id TEXT,
  class TEXT NOT NULL,
  family TEXT NOT NULL,
  plan TEXT NOT NULL,
  rate_card TEXT NOT NULL,
  units BIGINT NOT NULL,
  unit_micros BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  payment TEXT NOT NULL,
  hold_id TEXT,
  CONSTRAINT usage_records_pk PRIMARY KEY (org_id, id),
  CONSTRAINT usage_records_price CHECK (amount_micros = CASE WHEN payment = 'charge' THEN units * unit_micros ELSE 0 END)
) WITHOUT ROWID;
CREATE INDEX usage_records_by_time ON usage_records (org_id, recorded_at, id);

-- What was decided about a request and what was read for it; kept for a while so that it can be explained.
CREATE TABLE decisions (
  org_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  class TEXT NOT NULL,
  units BIGINT NOT NULL,
  passed BOOLEAN NOT NULL,
  verdict TEXT NOT NULL,
  CONSTRAINT decisions_pk PRIMARY KEY (org_id, request_id)
) WITHOUT ROWID;
CREATE INDEX decisions_by_time ON decisions (recorded_at);

-- Asked for by a key, decided by a person, used once.
CREATE TABLE approvals (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  key_id TEXT NOT NULL,
  class TEXT NOT NULL,
  units BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  purpose TEXT,
  request_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT,
  used_at BIGINT,
  CONSTRAINT approvals_request UNIQUE (org_id, request_id)
);
CREATE INDEX approvals_by_org ON approvals (org_id, id);

-- A threshold's crossing is told once a period.
CREATE TABLE budget_alerts (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  scope TEXT NOT NULL,
  period TEXT NOT NULL,
  threshold TEXT NOT NULL,
  told_at BIGINT NOT NULL,
  CONSTRAINT budget_alerts_pk PRIMARY KEY (org_id, scope, period, threshold)
) WITHOUT ROWID;
