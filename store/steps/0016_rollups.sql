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

-- The same sums as the calls say they must be, written apart from what keeps them: to fill them anew, and to compare.
-- 5000 ms is the limit of a short abandon.

CREATE VIEW rollup_source_fresh AS
SELECT
  call.local_day AS day, COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
  COUNT(*) AS calls,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
  SUM(call.missed) AS missed,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
  SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
      THEN 1 ELSE 0 END) AS unknown,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
    AND call.ended_ms - call.offered_ms <= 5000) THEN 1 ELSE 0 END) AS missed_abandoned,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
    AND call.ended_ms - call.offered_ms <= 5000 THEN 1 ELSE 0 END) AS missed_short,
  SUM(CASE WHEN call.missed = 1
      AND COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')
      THEN 1 ELSE 0 END) AS missed_no_answer,
  SUM(CASE WHEN call.missed = 1 AND call.outcome IN ('busy', 'failed') THEN 1 ELSE 0 END) AS missed_blocked,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'voicemail' THEN 1 ELSE 0 END) AS missed_voicemail,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS missed_menu,
  SUM(CASE WHEN call.missed = 1 AND call.in_hours = 0 THEN 1 ELSE 0 END) AS missed_closed,
  SUM(CASE WHEN call.missed = 1 AND call.first_time = 1 THEN 1 ELSE 0 END) AS missed_first,
  SUM(CASE WHEN call.offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS offered,
  SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered_offered,
  SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'abandoned'
    AND call.ended_ms - call.offered_ms <= 5000 THEN 1 ELSE 0 END) AS short,
  SUM(1 - call.in_hours) AS closed,
  SUM(call.first_time) AS first_time,
  SUM(call.withheld) AS withheld,
  SUM(CASE WHEN call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
      THEN 1 ELSE 0 END) AS waited,
  SUM(CASE WHEN call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
    THEN call.answered_ms - call.offered_ms ELSE 0 END) AS wait_ms,
  SUM(call.bridged_ms) AS talk_ms,
  SUM(call.hold_ms) AS hold_ms,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' AND said.category IS NOT NULL
    THEN 1 ELSE 0 END) AS topics,
  SUM(CASE WHEN said.category = 'booked' THEN 1 ELSE 0 END) AS booked
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN (
  SELECT call_topic.pbx, call_topic.call, call_topic.category, ROW_NUMBER() OVER (
    PARTITION BY call_topic.pbx, call_topic.call ORDER BY call_topic.at_ms DESC, call_topic.id DESC) AS place
  FROM call_topic
) AS said ON said.pbx = call.pbx AND said.call = call.id AND said.place = 1
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
GROUP BY call.local_day, COALESCE(attribution.campaign, 0), COALESCE(call.did, '');

CREATE VIEW rollup_hour_fresh AS
SELECT
  call.local_day AS day, call.local_hour AS hour,
  COUNT(*) AS calls,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
  SUM(call.missed) AS missed,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
  SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
      THEN 1 ELSE 0 END) AS unknown,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
    AND call.ended_ms - call.offered_ms <= 5000) THEN 1 ELSE 0 END) AS missed_abandoned,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
    AND call.ended_ms - call.offered_ms <= 5000 THEN 1 ELSE 0 END) AS missed_short,
  SUM(CASE WHEN call.missed = 1
      AND COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')
      THEN 1 ELSE 0 END) AS missed_no_answer,
  SUM(CASE WHEN call.missed = 1 AND call.outcome IN ('busy', 'failed') THEN 1 ELSE 0 END) AS missed_blocked,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'voicemail' THEN 1 ELSE 0 END) AS missed_voicemail,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS missed_menu,
  SUM(CASE WHEN call.missed = 1 AND call.in_hours = 0 THEN 1 ELSE 0 END) AS missed_closed
FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
GROUP BY call.local_day, call.local_hour;

CREATE VIEW rollup_agent_fresh AS
SELECT day, agent, SUM(answered) AS answered, SUM(talk_ms) AS talk_ms, SUM(hold_ms) AS hold_ms,
  SUM(outbound) AS outbound, SUM(outbound_answered) AS outbound_answered, SUM(outbound_talk_ms) AS outbound_talk_ms,
  SUM(topics) AS topics
FROM (
  SELECT call.local_day AS day, call.answered_by AS agent, 1 AS answered, call.bridged_ms AS talk_ms,
    call.hold_ms AS hold_ms, 0 AS outbound, 0 AS outbound_answered, 0 AS outbound_talk_ms,
    CASE WHEN EXISTS (
      SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id)
      THEN 1 ELSE 0 END AS topics
  FROM call
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND call.missed = 0 AND call.outcome = 'answered' AND COALESCE(call.answered_by, '') <> ''
  UNION ALL
  SELECT call.local_day AS day, call.extension AS agent, 0 AS answered, 0 AS talk_ms, 0 AS hold_ms, 1 AS outbound,
    CASE WHEN call.outcome = 'answered' THEN 1 ELSE 0 END AS outbound_answered, call.bridged_ms AS outbound_talk_ms,
    0 AS topics
  FROM call
  WHERE call.direction = 'outbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND COALESCE(call.extension, '') <> ''
) AS parts
GROUP BY day, agent;

CREATE VIEW rollup_queue_fresh AS
SELECT
  call.local_day AS day, call.queue AS queue,
  COUNT(*) AS calls,
  SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
  SUM(CASE WHEN call.offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS offered,
  SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered_offered,
  SUM(CASE WHEN call.outcome = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
  SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'abandoned'
    AND call.ended_ms - call.offered_ms <= 5000 THEN 1 ELSE 0 END) AS short,
  SUM(CASE WHEN call.missed = 1
      AND COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')
      THEN 1 ELSE 0 END) AS no_answer,
  SUM(CASE WHEN call.missed = 1 AND call.outcome IN ('busy', 'failed') THEN 1 ELSE 0 END) AS blocked,
  SUM(CASE WHEN call.missed = 1 AND call.outcome = 'voicemail' THEN 1 ELSE 0 END) AS voicemail,
  SUM(CASE WHEN call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
      THEN 1 ELSE 0 END) AS waited,
  SUM(CASE WHEN call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
    THEN call.answered_ms - call.offered_ms ELSE 0 END) AS wait_ms,
  SUM(CASE WHEN call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS gave_up,
  SUM(CASE WHEN call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
    THEN call.ended_ms - call.offered_ms ELSE 0 END) AS gave_up_ms
FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND COALESCE(call.queue, '') <> ''
GROUP BY call.local_day, call.queue;

CREATE VIEW rollup_wait_fresh AS
SELECT grain, CASE WHEN grain = 'day' THEN day ELSE SUBSTR(day, 1, 7) END AS period, campaign, did, bucket,
    SUM(n) AS n
FROM (
  SELECT day, campaign, did, CASE WHEN ms <= 0 THEN 0 WHEN ms <= 120000 THEN (ms + 999) / 1000
    WHEN ms <= 600000 THEN 120 + (ms - 115001) / 5000
    WHEN ms <= 3600000 THEN 216 + (ms - 540001) / 60000 ELSE 267 END AS bucket, COUNT(*) AS n
  FROM (
    SELECT call.local_day AS day, COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
      call.answered_ms - call.offered_ms AS ms
    FROM call
    LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
    WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
      AND call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
  ) AS waits
  GROUP BY 1, 2, 3, 4
) AS days
CROSS JOIN (SELECT 'day' AS grain UNION ALL SELECT 'month' AS grain) AS grains
GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW rollup_queue_wait_fresh AS
SELECT grain, CASE WHEN grain = 'day' THEN day ELSE SUBSTR(day, 1, 7) END AS period, queue, ended, bucket,
    SUM(n) AS n
FROM (
  SELECT day, queue, ended, CASE WHEN ms <= 0 THEN 0 WHEN ms <= 120000 THEN (ms + 999) / 1000
    WHEN ms <= 600000 THEN 120 + (ms - 115001) / 5000
    WHEN ms <= 3600000 THEN 216 + (ms - 540001) / 60000 ELSE 267 END AS bucket, COUNT(*) AS n
  FROM (
    SELECT call.local_day AS day, call.queue AS queue, call.outcome AS ended,
      CASE WHEN call.outcome = 'answered' THEN call.answered_ms ELSE call.ended_ms END - call.offered_ms AS ms
    FROM call
    WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
      AND COALESCE(call.queue, '') <> '' AND call.offered_ms IS NOT NULL
      AND ((call.outcome = 'answered' AND call.answered_ms IS NOT NULL) OR call.outcome = 'abandoned')
  ) AS waits
  GROUP BY 1, 2, 3, 4
) AS days
CROSS JOIN (SELECT 'day' AS grain UNION ALL SELECT 'month' AS grain) AS grains
GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW rollup_caller_fresh AS
SELECT scope, grain, CASE WHEN grain = 'day' THEN day ELSE SUBSTR(day, 1, 7) END AS period, since, part, SUM(n) AS n
FROM (
  SELECT scope, day, since, part, COUNT(*) AS n
  FROM (
    SELECT scope, part, day,
      COALESCE(LAG(day) OVER (PARTITION BY scope, part, party ORDER BY started_ms, pbx, id), '') AS since
    FROM (
      SELECT call.party, call.started_ms, call.pbx, call.id, call.local_day AS day, scopes.scope,
        CASE scopes.scope WHEN 'clinic' THEN ''
          WHEN 'campaign'
              THEN CAST(COALESCE(attribution.campaign, 0) AS TEXT) ELSE COALESCE(call.did, '') END AS part
      FROM call
      LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
      CROSS JOIN (
        SELECT 'clinic' AS scope UNION ALL SELECT 'campaign' AS scope UNION ALL SELECT 'number' AS scope) AS scopes
      WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
        AND call.withheld = 0 AND COALESCE(call.party, '') <> ''
    ) AS chained
  ) AS links
  WHERE since <> day
  GROUP BY 1, 2, 3, 4
) AS days
CROSS JOIN (SELECT 'day' AS grain UNION ALL SELECT 'month' AS grain) AS grains
WHERE grain = 'day' OR SUBSTR(since, 1, 7) <> SUBSTR(day, 1, 7)
GROUP BY 1, 2, 3, 4, 5;

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM call);
