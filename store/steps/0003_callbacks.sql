-- Callbacks with their figures, numbers that nobody rings back, and topics with categories. Times are ms, UTC.

-- How soon a callback was worked on: kept beside it, because working time needs the hours of the location.
CREATE TABLE callback_time (
  callback BIGINT PRIMARY KEY,
  opened_day TEXT NOT NULL,
  opened_in_hours BIGINT NOT NULL,
  attempted_ms BIGINT,
  attempted_day TEXT,
  attempted_work_ms BIGINT,
  contacted_ms BIGINT,
  contacted_day TEXT,
  contacted_work_ms BIGINT
);

CREATE INDEX callback_time_by_day ON callback_time (opened_day);

-- Numbers that a person marked: nobody rings them back.
CREATE TABLE number_mark (
  number TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);

-- Topics of the clinic itself, beside the shipped ones. One that is retired stays readable where it was used.
CREATE TABLE topic (
  id TEXT PRIMARY KEY,
  category TEXT NOT NULL,
  name TEXT NOT NULL,
  author TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  retired_ms BIGINT
);

-- What a topic meant when it was noted; empty for words noted before there were categories.
ALTER TABLE call_topic ADD COLUMN category TEXT NOT NULL DEFAULT '';

UPDATE call_topic SET category = 'booked' WHERE LOWER(topic) = 'booked';
