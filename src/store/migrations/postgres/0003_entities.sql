-- Lists of companies that were loaded in place of the shipped one. `version` grows with each load, so that
-- other processes notice.
CREATE TABLE entity_files (
  name TEXT COLLATE "C" PRIMARY KEY,
  version BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  sha256 TEXT COLLATE "C" NOT NULL,
  companies BIGINT NOT NULL,
  loaded_at BIGINT NOT NULL,
  CONSTRAINT entity_files_filled CHECK (companies > 0)
);
