-- Patients edited by hand, merged and removed; numbers that are a relative's; how callers heard of the clinic; what was
-- booked on a call; how far a FHIR server was read. Times are ms since the epoch, UTC.

-- Where a record comes from: empty for a table, else vcard, fhir, or hand for one that was saved from a call.
ALTER TABLE patient ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE patient ADD COLUMN consent_recording TEXT;

-- A patient who is removed keeps calls and notes; the numbers are kept here (JSON) and match no more calls.
ALTER TABLE patient ADD COLUMN removed_ms BIGINT;
ALTER TABLE patient ADD COLUMN removed_why TEXT;
ALTER TABLE patient ADD COLUMN removed_numbers TEXT;

CREATE INDEX patient_by_guardian ON patient (guardian_ref) WHERE guardian_ref IS NOT NULL;

-- Whose number it is: empty for the patient, contact for a relative named in the record, guardian for that of the
-- guardian (via), merged for one of a record that was merged into this one (via).
ALTER TABLE patient_number ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE patient_number ADD COLUMN via TEXT NOT NULL DEFAULT '';

-- What a person changed by hand, with what the system of the clinic said of it then.
CREATE TABLE patient_edit (
  ref TEXT NOT NULL,
  field TEXT NOT NULL,
  was TEXT,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  PRIMARY KEY (ref, field)
);

-- A record that was merged into another: whatever comes of it later lands there.
CREATE TABLE patient_alias (
  alias TEXT PRIMARY KEY,
  ref TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

CREATE INDEX patient_alias_by_ref ON patient_alias (ref);

-- What a merge moved (JSON), so that it can be taken back.
CREATE TABLE patient_merge (
  id BIGINT PRIMARY KEY,
  survivor TEXT NOT NULL,
  gone TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  moved TEXT NOT NULL,
  undone_ms BIGINT,
  undone_by TEXT
);

CREATE INDEX patient_merge_by_survivor ON patient_merge (survivor, at_ms);

-- How a caller says that they heard of the clinic: a second opinion beside the attribution.
CREATE TABLE call_heard (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  answer TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

-- The appointment that a receptionist noted on a call, until the system of the clinic tells it.
CREATE TABLE call_booking (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  patient TEXT,
  start_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  doctor TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

CREATE INDEX call_booking_by_patient ON call_booking (patient, start_ms) WHERE patient IS NOT NULL;

-- How far the resources of a kind were read from a server.
CREATE TABLE fhir_cursor (
  url TEXT NOT NULL,
  kind TEXT NOT NULL,
  since TEXT,
  next TEXT,
  began_ms BIGINT,
  done_ms BIGINT,
  PRIMARY KEY (url, kind)
);
