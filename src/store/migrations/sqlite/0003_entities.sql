-- Lists of companies that were loaded in place of the shipped one. `version` grows with each load, so that
-- other processes notice.
CREATE TABLE entity_files (
  name TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  companies BIGINT NOT NULL,
  loaded_at BIGINT NOT NULL,
  CONSTRAINT entity_files_filled CHECK (companies > 0)
);
