-- What the clinic's people set and keep on the admin pages, and when the exchange was last seen. Times are ms, UTC.

-- A day that differs from the settings: closed (empty), or other hours ("08:00-12:00, 14:00-18:00").
-- The location is empty for the whole clinic.
CREATE TABLE hours_exception (
  location TEXT NOT NULL,
  day TEXT NOT NULL,
  hours TEXT NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (location, day)
);

-- A calendar program asks by a token; only its hash is here.
CREATE TABLE calendar_link (
  id BIGINT PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL,
  label TEXT NOT NULL,
  scope TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  seen_ms BIGINT,
  revoked_ms BIGINT
);

CREATE INDEX calendar_link_by_person ON calendar_link (person) WHERE revoked_ms IS NULL;

-- One run of the ledger: how far it is, and what it found, as JSON without whole numbers of callers.
CREATE TABLE ledger_run (
  id BIGINT PRIMARY KEY,
  pbx TEXT NOT NULL,
  from_ms BIGINT NOT NULL,
  to_ms BIGINT NOT NULL,
  person TEXT NOT NULL,
  state TEXT NOT NULL,
  step TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  result TEXT NOT NULL
);

-- When an exchange last told everything that it has, and what it is.
CREATE TABLE pbx_seen (
  pbx TEXT PRIMARY KEY,
  snapshot_ms BIGINT NOT NULL,
  calls BIGINT NOT NULL
);
