-- The ledger: what may be spent, what is held, what was used, and why it was let through or not.

-- Limits of an organisation (scope 'org') or of one of its keys (scope: the key's id), in micro-USD.
CREATE TABLE limits (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  scope TEXT COLLATE "C" NOT NULL,
  cap BIGINT,
  soft BIGINT,
  approval BIGINT,
  changed_at BIGINT NOT NULL,
  changed_by TEXT COLLATE "C",
  CONSTRAINT limits_pk PRIMARY KEY (org_id, scope)
);

-- Money of one UTC month under one set of limits. `cap` is a copy of the limit in force, so that the row
-- itself refuses to pass it.
CREATE TABLE balances (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  scope TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  cap BIGINT,
  spent BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  CONSTRAINT balances_pk PRIMARY KEY (org_id, scope, period),
  CONSTRAINT balances_positive CHECK (spent >= 0 AND reserved >= 0)
);
CREATE FUNCTION balances_cap() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'balances_cap' USING ERRCODE = 'check_violation', CONSTRAINT = 'balances_cap';
END
$$;
CREATE TRIGGER balances_cap
BEFORE UPDATE ON balances
FOR EACH ROW
WHEN (
  NEW.cap IS NOT NULL
  AND NEW.spent + NEW.reserved > NEW.cap
  AND NEW.spent + NEW.reserved > OLD.spent + OLD.reserved
)
EXECUTE FUNCTION balances_cap();

-- Money held for work that has not ended. `remaining` is what of it is neither settled nor given back.
CREATE TABLE holds (
  id TEXT COLLATE "C" PRIMARY KEY,
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  key_id TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  plan TEXT COLLATE "C" NOT NULL,
  rate_card TEXT COLLATE "C" NOT NULL,
  unit_micros BIGINT NOT NULL,
  units BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  payment TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C",
  purpose TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  CONSTRAINT holds_positive CHECK (units >= 0 AND amount_micros >= 0)
);
CREATE INDEX holds_open ON holds (expires_at) WHERE status = 'open';
CREATE INDEX holds_by_org ON holds (org_id, id);

-- What was used, one row a charge; the balance is their sum.
CREATE TABLE usage_records (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  id TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  key_id TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C",
  class TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C" NOT NULL,
  plan TEXT COLLATE "C" NOT NULL,
  rate_card TEXT COLLATE "C" NOT NULL,
  units BIGINT NOT NULL,
  unit_micros BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  payment TEXT COLLATE "C" NOT NULL,
  hold_id TEXT COLLATE "C",
  CONSTRAINT usage_records_pk PRIMARY KEY (org_id, id),
  CONSTRAINT usage_records_price CHECK (amount_micros = CASE WHEN payment = 'charge' THEN units * unit_micros ELSE 0 END)
);
CREATE INDEX usage_records_by_time ON usage_records (org_id, recorded_at, id);

-- What was decided about a request and what was read for it; kept for a while so that it can be explained.
CREATE TABLE decisions (
  org_id TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  key_id TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  units BIGINT NOT NULL,
  passed BOOLEAN NOT NULL,
  verdict TEXT COLLATE "C" NOT NULL,
  CONSTRAINT decisions_pk PRIMARY KEY (org_id, request_id)
);
CREATE INDEX decisions_by_time ON decisions (recorded_at);

-- Asked for by a key, decided by a person, used once.
CREATE TABLE approvals (
  id TEXT COLLATE "C" PRIMARY KEY,
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  key_id TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  units BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  purpose TEXT COLLATE "C",
  request_id TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT COLLATE "C",
  used_at BIGINT,
  CONSTRAINT approvals_request UNIQUE (org_id, request_id)
);
CREATE INDEX approvals_by_org ON approvals (org_id, id);

-- A threshold's crossing is told once a period.
CREATE TABLE budget_alerts (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  scope TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  threshold TEXT COLLATE "C" NOT NULL,
  told_at BIGINT NOT NULL,
  CONSTRAINT budget_alerts_pk PRIMARY KEY (org_id, scope, period, threshold)
);
