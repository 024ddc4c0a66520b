-- How many calls a minute each key and each organisation has made, by meter class: what is worked off is
-- swept out. Not logged: after a crash of the database the counting begins anew, and a commit waits for
-- no disk.
CREATE UNLOGGED TABLE rate_levels (
  subject TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  since BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  CONSTRAINT rate_levels_pk PRIMARY KEY (subject, class)
) WITH (fillfactor = 50);
