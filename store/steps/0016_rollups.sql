-- Sums of calls by day, wide enough for the reports, and who rang when, so that different callers of any days can be
-- counted from sums. Made anew from the calls: see store/rollups.py.

DROP TABLE rollup_source;

DROP TABLE rollup_hour;

DROP TABLE rollup_agent;

DROP TABLE rollup_queue;

CREATE TABLE rollup_source (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  left_menu BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  missed_abandoned BIGINT NOT NULL,
  missed_short BIGINT NOT NULL,
  missed_no_answer BIGINT NOT NULL,
  missed_blocked BIGINT NOT NULL,
  missed_voicemail BIGINT NOT NULL,
  missed_menu BIGINT NOT NULL,
  missed_closed BIGINT NOT NULL,
  missed_first BIGINT NOT NULL,
  offered BIGINT NOT NULL,
  answered_offered BIGINT NOT NULL,
  short BIGINT NOT NULL,
  closed BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  withheld BIGINT NOT NULL,
  waited BIGINT NOT NULL,
  wait_ms BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  hold_ms BIGINT NOT NULL,
  topics BIGINT NOT NULL,
  booked BIGINT NOT NULL,
  PRIMARY KEY (day, campaign, did)
);

CREATE TABLE rollup_hour (
  day TEXT NOT NULL,
  hour BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  missed BIGINT NOT NULL,
  left_menu BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  missed_abandoned BIGINT NOT NULL,
  missed_short BIGINT NOT NULL,
  missed_no_answer BIGINT NOT NULL,
  missed_blocked BIGINT NOT NULL,
  missed_voicemail BIGINT NOT NULL,
  missed_menu BIGINT NOT NULL,
  missed_closed BIGINT NOT NULL,
  PRIMARY KEY (day, hour)
);

CREATE TABLE rollup_agent (
  day TEXT NOT NULL,
  agent TEXT NOT NULL,
  answered BIGINT NOT NULL,
  talk_ms BIGINT NOT NULL,
  hold_ms BIGINT NOT NULL,
  outbound BIGINT NOT NULL,
  outbound_answered BIGINT NOT NULL,
  outbound_talk_ms BIGINT NOT NULL,
  topics BIGINT NOT NULL,
  PRIMARY KEY (day, agent)
);

CREATE TABLE rollup_queue (
  day TEXT NOT NULL,
  queue TEXT NOT NULL,
  calls BIGINT NOT NULL,
  answered BIGINT NOT NULL,
  offered BIGINT NOT NULL,
  answered_offered BIGINT NOT NULL,
  abandoned BIGINT NOT NULL,
  short BIGINT NOT NULL,
  no_answer BIGINT NOT NULL,
  blocked BIGINT NOT NULL,
  voicemail BIGINT NOT NULL,
  waited BIGINT NOT NULL,
  wait_ms BIGINT NOT NULL,
  gave_up BIGINT NOT NULL,
  gave_up_ms BIGINT NOT NULL,
  PRIMARY KEY (day, queue)
);

-- How long callers waited for a person: a histogram. grain is day or month, period its name.
CREATE TABLE rollup_wait (
  grain TEXT NOT NULL,
  period TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (grain, period, campaign, did, bucket)
);

-- The same by queue; ended is answered or abandoned.
CREATE TABLE rollup_queue_wait (
  grain TEXT NOT NULL,
  period TEXT NOT NULL,
  queue TEXT NOT NULL,
  ended TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (grain, period, queue, ended, bucket)
);

-- Calls by their day and the day of the same caller's call before; since is empty for none. Different callers from a
-- day on are those whose call before was earlier than that day.
CREATE TABLE rollup_caller (
  scope TEXT NOT NULL,
  grain TEXT NOT NULL,
  period TEXT NOT NULL,
  since TEXT NOT NULL,
  part TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (scope, grain, period, since, part)
);

-- What is to be made anew: a day, or all when it is empty.
CREATE TABLE rollup_dirty (
  day TEXT PRIMARY KEY
);

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM call);
