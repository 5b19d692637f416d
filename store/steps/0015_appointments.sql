-- Where appointments come from, which call made each of them, and what ad platforms were told. Times are ms, UTC.

-- Every import, with what it did. `cursor` is where the next one goes on from: a FHIR instant, or the mark of a file.
CREATE TABLE appointment_import (
  id BIGINT PRIMARY KEY,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  rows BIGINT NOT NULL,
  added BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  vanished BIGINT NOT NULL,
  cursor TEXT,
  problem TEXT
);

CREATE INDEX appointment_import_by_source ON appointment_import (source, id);

-- Beside each appointment: the system that tells it, its revision there, and how its patient was found. The number,
-- name and birth date are kept only while the patient is not known.
CREATE TABLE appointment_origin (
  ref TEXT PRIMARY KEY,
  system TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  matched TEXT NOT NULL,
  number TEXT,
  name TEXT,
  birth_date TEXT,
  seen_ms BIGINT NOT NULL,
  vanished_ms BIGINT
);

CREATE INDEX appointment_origin_unmatched ON appointment_origin (ref) WHERE matched = '';
CREATE INDEX appointment_origin_by_system ON appointment_origin (system, seen_ms);

-- The call that made an appointment, by which rule, on what evidence. `callback` is the one it was made on, if any.
CREATE TABLE appointment_made_by (
  appointment TEXT PRIMARY KEY,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  callback BIGINT,
  rule TEXT NOT NULL,
  evidence TEXT NOT NULL,
  decided_ms BIGINT NOT NULL
);

CREATE INDEX appointment_made_by_call ON appointment_made_by (pbx, call);
CREATE INDEX appointment_by_creation ON appointment (created_ms);

-- What was handed to an ad platform at once: a file, or a request. `state` is exported, sending, sent or failed.
CREATE TABLE conversion_batch (
  id BIGINT PRIMARY KEY,
  platform TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  state TEXT NOT NULL,
  target TEXT NOT NULL,
  problem TEXT
);

-- One conversion of one call for one platform: never twice. `goal` is call or booked, `kind` conversion or retraction.
CREATE TABLE conversion (
  id BIGINT PRIMARY KEY,
  platform TEXT NOT NULL,
  goal TEXT NOT NULL,
  kind TEXT NOT NULL,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  appointment TEXT,
  name TEXT NOT NULL,
  click_kind TEXT NOT NULL,
  click_id TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  value_minor BIGINT,
  currency TEXT,
  batch BIGINT NOT NULL
);

CREATE UNIQUE INDEX conversion_once ON conversion (platform, goal, kind, pbx, call);
CREATE INDEX conversion_by_batch ON conversion (batch);
CREATE INDEX conversion_by_call ON conversion (pbx, call);

CREATE INDEX call_topic_of_patient ON call_topic (patient) WHERE patient IS NOT NULL;
