-- How many calls a minute each key and each organisation has made, by meter class. A server on SQLite is
-- alone and counts in memory: the table is here for both schemas to be the same, and stays empty.
CREATE TABLE rate_levels (
  subject TEXT NOT NULL,
  class TEXT NOT NULL,
  since BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  CONSTRAINT rate_levels_pk PRIMARY KEY (subject, class)
);
