-- Usage read back: by the hour, by class, by key, and beside the request it belongs to. And the keys by which
-- other services of the company report theirs.

-- Sums of usage_records. `hour` is the start of the UTC hour of the record, kept within the month that the
-- record counts in: what was held before midnight and charged after it is of the month's last hour.
CREATE TABLE usage_hours (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  hour BIGINT NOT NULL,
  family TEXT NOT NULL,
  class TEXT NOT NULL,
  key_id TEXT NOT NULL,
  payment TEXT NOT NULL,
  units BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  CONSTRAINT usage_hours_pk PRIMARY KEY (org_id, hour, family, class, key_id, payment),
  CONSTRAINT usage_hours_whole CHECK (hour % 3600000000 = 0),
  CONSTRAINT usage_hours_positive CHECK (units >= 0 AND requests > 0 AND amount_micros >= 0)
) WITHOUT ROWID;
INSERT INTO usage_hours (org_id, hour, family, class, key_id, payment, units, requests, amount_micros)
SELECT
  org_id,
  MAX(
    CAST(strftime('%s', period || '-01') AS INTEGER) * 1000000,
    MIN(
      CAST(strftime('%s', period || '-01', '+1 month') AS INTEGER) * 1000000 - 3600000000,
      recorded_at - recorded_at % 3600000000
    )
  ),
  family,
  class,
  key_id,
  payment,
  SUM(units),
  COUNT(*),
  SUM(amount_micros)
FROM usage_records
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE INDEX usage_records_by_class ON usage_records (org_id, class, recorded_at, id);
CREATE INDEX usage_records_by_key ON usage_records (org_id, key_id, recorded_at, id);
CREATE INDEX requests_by_id ON requests (org_id, id, recorded_at);

-- Other services of the company, by the hash of the secret that each presents. Of no organisation.
CREATE TABLE service_keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  hash BLOB NOT NULL CONSTRAINT service_keys_hash UNIQUE,
  prefix TEXT NOT NULL,
  last_four TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at BIGINT,
  revoked_by TEXT,
  last_used_at BIGINT
);
