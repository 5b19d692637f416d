-- Facts that were not seen on AMI, and how far a backfill of history has come.

ALTER TABLE call ADD COLUMN sources TEXT NOT NULL DEFAULT '{}';

CREATE TABLE backfill (
  pbx TEXT NOT NULL,
  origin TEXT NOT NULL,
  from_ms BIGINT NOT NULL,
  done_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, origin, from_ms)
);
