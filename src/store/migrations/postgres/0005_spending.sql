-- What spending needs beyond one call: approvals that are looked up by their key, reservations that later
-- calls draw on, usage that another service reports, and the month's count of classes with a quota.

CREATE INDEX approvals_waiting ON approvals (org_id, key_id) WHERE status = 'pending';

-- The reservation that a hold was drawn from, the units it began with, and the service that asked for it.
ALTER TABLE holds ADD COLUMN parent_id TEXT COLLATE "C";
ALTER TABLE holds ADD COLUMN asked_units BIGINT;
ALTER TABLE holds ADD COLUMN service_id TEXT COLLATE "C";
UPDATE holds SET asked_units = units;

-- The id under which a service reported it: the same one is never charged twice.
ALTER TABLE usage_records ADD COLUMN external_id TEXT COLLATE "C";
ALTER TABLE usage_records ADD COLUMN service_id TEXT COLLATE "C";
ALTER TABLE usage_records ADD COLUMN purpose TEXT COLLATE "C";
CREATE UNIQUE INDEX usage_records_external ON usage_records (org_id, external_id) WHERE external_id IS NOT NULL;

-- Units of classes that a plan includes so many of a month.
CREATE TABLE quota_counts (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  quota TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL,
  used BIGINT NOT NULL,
  CONSTRAINT quota_counts_pk PRIMARY KEY (org_id, quota, period),
  CONSTRAINT quota_counts_positive CHECK (used >= 0)
);
