-- Conventions, the same in both databases: ids are text, instants are microseconds since 1970 (UTC),
-- every row of a tenant carries its organisation, and no column ever holds a secret in the clear.
-- Here a primary key must say NOT NULL itself, or SQLite takes a row without one.

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  email_verified BOOLEAN NOT NULL,
  name TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT users_identity UNIQUE (issuer, subject)
);

CREATE TABLE orgs (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
  org_id TEXT NOT NULL REFERENCES orgs (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT memberships_pk PRIMARY KEY (user_id, org_id)
);
CREATE INDEX memberships_by_org ON memberships (org_id, user_id);

-- How many calls of the month the platform covers, and how many of `month` are used.
CREATE TABLE grants (
  org_id TEXT NOT NULL PRIMARY KEY REFERENCES orgs (id),
  calls BIGINT NOT NULL,
  used BIGINT NOT NULL,
  month TEXT NOT NULL,
  CONSTRAINT grants_used CHECK (used >= 0 AND used <= calls)
);

CREATE TABLE contracts (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT,
  recorded_at BIGINT NOT NULL
);
CREATE INDEX contracts_by_org ON contracts (org_id, starts_at);

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  label TEXT,
  scopes TEXT NOT NULL,
  livemode BOOLEAN NOT NULL,
  created_by_user TEXT REFERENCES users (id),
  created_by_key TEXT REFERENCES api_keys (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  last_used_at BIGINT,
  CONSTRAINT api_keys_creator CHECK ((created_by_user IS NULL) <> (created_by_key IS NULL))
);
CREATE INDEX api_keys_by_org ON api_keys (org_id, id);

-- A key has one current secret (no end) and, while it is rotating, older ones with an end.
CREATE TABLE key_secrets (
  hash BLOB NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (id),
  prefix TEXT NOT NULL,
  last_four TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  ends_at BIGINT
) WITHOUT ROWID;
CREATE INDEX key_secrets_by_key ON key_secrets (key_id, created_at);
CREATE UNIQUE INDEX key_secrets_current ON key_secrets (key_id) WHERE ends_at IS NULL;

CREATE TABLE sessions (
  token_hash BLOB NOT NULL PRIMARY KEY,
  id TEXT NOT NULL CONSTRAINT sessions_id UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  user_agent TEXT,
  address TEXT
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id, last_seen_at);
-- For sweeping out what has ended.
CREATE INDEX sessions_by_sight ON sessions (last_seen_at);
CREATE INDEX sessions_by_age ON sessions (created_at);

-- A sign-in under way: bound to one browser, taken out exactly once.
CREATE TABLE login_attempts (
  state_hash BLOB NOT NULL PRIMARY KEY,
  browser_hash BLOB NOT NULL,
  nonce TEXT NOT NULL,
  code_verifier TEXT NOT NULL,
  return_to TEXT NOT NULL,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_attempts_by_expiry ON login_attempts (expires_at);

-- `answer` is null while the request runs; `lease_until` lets a retry take over after a crash.
CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  lease_until BIGINT NOT NULL,
  status BIGINT,
  answer TEXT,
  created_at BIGINT NOT NULL,
  CONSTRAINT idempotency_pk PRIMARY KEY (scope, route, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Every request made with a key.
CREATE TABLE requests (
  org_id TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  method TEXT NOT NULL,
  route TEXT NOT NULL,
  path TEXT NOT NULL,
  meter_class TEXT NOT NULL,
  status BIGINT NOT NULL,
  latency_us BIGINT NOT NULL,
  livemode BOOLEAN NOT NULL,
  seq BIGINT NOT NULL,
  CONSTRAINT requests_pk PRIMARY KEY (org_id, recorded_at, seq)
) WITHOUT ROWID;
CREATE INDEX requests_by_key ON requests (key_id, recorded_at, seq);

-- The same, counted by UTC day, so that a month's total is thirty rows away.
CREATE TABLE request_days (
  org_id TEXT NOT NULL,
  day TEXT NOT NULL,
  key_id TEXT NOT NULL,
  ok BIGINT NOT NULL,
  client_errors BIGINT NOT NULL,
  server_errors BIGINT NOT NULL,
  CONSTRAINT request_days_pk PRIMARY KEY (org_id, day, key_id)
) WITHOUT ROWID;

CREATE TABLE events (
  id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL REFERENCES orgs (id),
  type TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  request_id TEXT,
  actor TEXT,
  subject TEXT NOT NULL,
  data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX events_by_org ON events (org_id, id);
