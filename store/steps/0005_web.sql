-- Who may use the console, who is signed in, and who did what. Times are milliseconds since the epoch, UTC.

CREATE TABLE web_user (
  name TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  roles TEXT NOT NULL,
  language TEXT NOT NULL,
  password TEXT NOT NULL,
  pin TEXT NOT NULL,
  totp TEXT NOT NULL,
  totp_step BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  disabled_ms BIGINT
);

-- A session is found by the hash of its token; the token itself is only in the browser.
CREATE TABLE web_session (
  id BIGINT PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL,
  means TEXT NOT NULL,
  desk TEXT NOT NULL,
  proved_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
);

CREATE INDEX web_session_by_person ON web_session (person) WHERE ended_ms IS NULL;
CREATE INDEX web_session_by_end ON web_session (until_ms);

-- A link that works once, to choose a password or to sign in.
CREATE TABLE web_ticket (
  token TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  purpose TEXT NOT NULL,
  desk TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  used_ms BIGINT
);

-- Tries at a password or a code, by user and by address.
CREATE TABLE web_tries (
  subject TEXT PRIMARY KEY,
  tries BIGINT NOT NULL,
  since_ms BIGINT NOT NULL
);

CREATE TABLE audit (
  id BIGINT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  person TEXT NOT NULL,
  session BIGINT,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  detail TEXT NOT NULL,
  address TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at_ms);
CREATE INDEX audit_by_ref ON audit (kind, ref, at_ms);
CREATE INDEX audit_by_person ON audit (person, at_ms);
