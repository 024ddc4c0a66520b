-- Usage read back: by the hour, by class, by key, and beside the request it belongs to. And the keys by which
-- other services of the company report theirs.

-- Sums of usage_records. `hour` is the start of the UTC hour of the record, kept within the month that the
-- record counts in: what was held before midnight and charged after it is of the month's last hour.
CREATE TABLE usage_hours (
  org_id TEXT COLLATE "C" NOT NULL REFERENCES orgs (id),
  hour BIGINT NOT NULL,
  family TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  key_id TEXT COLLATE "C" NOT NULL,
  payment TEXT COLLATE "C" NOT NULL,
  units BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  CONSTRAINT usage_hours_pk PRIMARY KEY (org_id, hour, family, class, key_id, payment),
  CONSTRAINT usage_hours_whole CHECK (hour % 3600000000 = 0),
  CONSTRAINT usage_hours_positive CHECK (units >= 0 AND requests > 0 AND amount_micros >= 0)
);
INSERT INTO usage_hours (org_id, hour, family, class, key_id, payment, units, requests, amount_micros)
SELECT
  org_id,
  GREATEST(
    CAST(EXTRACT(EPOCH FROM CAST(period || '-01' AS TIMESTAMP)) AS BIGINT) * 1000000,
    LEAST(
      CAST(EXTRACT(EPOCH FROM CAST(period || '-01' AS TIMESTAMP) + INTERVAL '1 month') AS BIGINT) * 1000000 - 3600000000,
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
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL CONSTRAINT service_keys_hash UNIQUE,
  prefix TEXT COLLATE "C" NOT NULL,
  last_four TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL,
  revoked_at BIGINT,
  revoked_by TEXT COLLATE "C",
  last_used_at BIGINT
);
