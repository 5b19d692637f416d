-- Programs that use the API: their tokens, what was answered to requests that may be repeated, and keys for hashes.

-- A token is found by its hash; the token itself is shown once. It can do what it was given and its owner may do now.
CREATE TABLE api_token (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  until_ms BIGINT NOT NULL,
  used_ms BIGINT,
  revoked_ms BIGINT
);

CREATE UNIQUE INDEX api_token_by_name ON api_token (name) WHERE revoked_ms IS NULL;

-- What was answered under an Idempotency-Key; answers of such requests name nobody.
CREATE TABLE api_answer (
  token BIGINT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request TEXT NOT NULL,
  status BIGINT,
  body TEXT,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (token, idempotency_key)
);

CREATE INDEX api_answer_by_time ON api_answer (at_ms);

-- Random keys of this store, made when they are first needed.
CREATE TABLE secret_key (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
