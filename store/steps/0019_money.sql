-- What calls brought in money: the keyword and page of the visit that a call came from, target calls, and bookings with
-- their worth, as sums by day. Times are ms since the epoch, UTC.

-- The visit to the web site that the call came from, or that a callback and a return inherit; its words are the keyword
-- and the landing page.
ALTER TABLE attribution ADD COLUMN visit BIGINT;

UPDATE attribution SET visit = (
  SELECT MIN(lease.visit) FROM call JOIN lease ON lease.did = call.did
    AND lease.from_ms <= call.started_ms AND lease.until_ms >= call.started_ms
  WHERE call.pbx = attribution.pbx AND call.id = attribution.call
    AND SUBSTR(attribution.evidence, LENGTH(attribution.evidence) - LENGTH(CAST(lease.visit AS TEXT)) - 9)
      = '"visit": ' || CAST(lease.visit AS TEXT) || '}')
WHERE rule = 'visitor';

DROP VIEW rollup_source_fresh;

DROP TABLE rollup_source;

CREATE TABLE rollup_source (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  keyword TEXT NOT NULL,
  page TEXT NOT NULL,
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
  PRIMARY KEY (day, campaign, did, keyword, page)
);

CREATE VIEW rollup_source_fresh AS
SELECT
  call.local_day AS day, COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
  COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
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
LEFT JOIN visit ON visit.id = attribution.visit
LEFT JOIN (
  SELECT call_topic.pbx, call_topic.call, call_topic.category, ROW_NUMBER() OVER (
    PARTITION BY call_topic.pbx, call_topic.call ORDER BY call_topic.at_ms DESC, call_topic.id DESC) AS place
  FROM call_topic
) AS said ON said.pbx = call.pbx AND said.call = call.id AND said.place = 1
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
GROUP BY call.local_day, COALESCE(attribution.campaign, 0), COALESCE(call.did, ''), COALESCE(visit.term, ''),
  COALESCE(visit.page, '');

-- When a call is a target: one row, and the categories of topics that are none. The settings say so; it is kept here so
-- that the sums say by which rule they were made.
CREATE TABLE target_rule (
  id BIGINT PRIMARY KEY,
  target_ms BIGINT NOT NULL,
  unique_ms BIGINT NOT NULL
);

CREATE TABLE target_not (
  category TEXT PRIMARY KEY
);

INSERT INTO target_rule (id, target_ms, unique_ms) VALUES (1, 30000, 2592000000);

INSERT INTO target_not (category) VALUES ('moved'), ('cancelled'), ('results'), ('prescription'), ('complaint'),
  ('wrong_number'), ('sales_spam');

-- Target calls with where they count.
CREATE VIEW target_call AS
SELECT call.pbx, call.id, call.party, call.started_ms, call.local_day, COALESCE(attribution.campaign, 0) AS campaign,
  COALESCE(call.did, '') AS did, COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN visit ON visit.id = attribution.visit
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.outcome = 'answered' AND call.bridged_ms >= (SELECT target_rule.target_ms FROM target_rule)
  AND NOT EXISTS (
    SELECT 1 FROM target_not WHERE target_not.category = (
      SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1));

-- uniques are those whose caller made no other one in the time before.
CREATE TABLE rollup_target (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  keyword TEXT NOT NULL,
  page TEXT NOT NULL,
  targets BIGINT NOT NULL,
  uniques BIGINT NOT NULL,
  PRIMARY KEY (day, campaign, did, keyword, page)
);

CREATE VIEW rollup_target_fresh AS
SELECT local_day AS day, campaign, did, keyword, page, COUNT(*) AS targets,
  SUM(CASE WHEN party IS NULL OR before_ms IS NULL
      OR started_ms - before_ms >= (SELECT target_rule.unique_ms FROM target_rule) THEN 1 ELSE 0 END) AS uniques
FROM (
  SELECT target_call.*,
    LAG(started_ms) OVER (PARTITION BY party ORDER BY started_ms, pbx, id) AS before_ms
  FROM target_call
) AS chained
GROUP BY local_day, campaign, did, keyword, page;

-- Calls that made an appointment which stands; the topic booked counts until the caller has an appointment of that time.
CREATE VIEW booked_call AS
SELECT call.pbx, call.id, call.direction, call.party, call.started_ms, call.local_day,
  COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
  COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN visit ON visit.id = attribution.visit
WHERE call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '' AND (
  EXISTS (
    SELECT 1 FROM appointment_made_by JOIN appointment ON appointment.ref = appointment_made_by.appointment
    WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id
      AND appointment.status NOT IN ('cancelled', 'proposed'))
  OR ('booked' = (
      SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)
    AND NOT EXISTS (
      SELECT 1 FROM appointment_made_by
      WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id)
    AND NOT EXISTS (
      SELECT 1 FROM patient_number JOIN appointment ON appointment.patient = patient_number.ref
      WHERE patient_number.number = call.party AND appointment.created_ms >= call.started_ms
        AND appointment.created_ms <= call.ended_ms + 86400000)));

-- Visits that calls made and whose patient came. currency is empty while no value is known.
CREATE VIEW visit_made AS
SELECT call.pbx, call.id, call.party, call.local_day, COALESCE(attribution.campaign, 0) AS campaign,
  COALESCE(call.did, '') AS did, COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
  appointment.ref, appointment.start_ms,
  CASE WHEN appointment.value_minor IS NULL THEN '' ELSE COALESCE(appointment.currency, '') END AS currency,
  CASE WHEN appointment.currency IS NULL THEN 0 ELSE COALESCE(appointment.value_minor, 0) END AS revenue_minor
FROM appointment_made_by
JOIN appointment ON appointment.ref = appointment_made_by.appointment AND appointment.status IN ('arrived', 'fulfilled')
JOIN call ON call.pbx = appointment_made_by.pbx AND call.id = appointment_made_by.call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN visit ON visit.id = attribution.visit
WHERE call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '';

-- Days are those of the calls. booked counts calls and stands where the currency is empty.
CREATE TABLE rollup_booking (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  keyword TEXT NOT NULL,
  page TEXT NOT NULL,
  currency TEXT NOT NULL,
  booked BIGINT NOT NULL,
  visits BIGINT NOT NULL,
  revenue_minor BIGINT NOT NULL,
  PRIMARY KEY (day, campaign, did, keyword, page, currency)
);

CREATE VIEW rollup_booking_fresh AS
SELECT day, campaign, did, keyword, page, currency, CAST(SUM(booked) AS BIGINT) AS booked,
  CAST(SUM(visits) AS BIGINT) AS visits, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor
FROM (
  SELECT local_day AS day, campaign, did, keyword, page, '' AS currency, 1 AS booked, 0 AS visits, 0 AS revenue_minor
  FROM booked_call
  UNION ALL
  SELECT local_day AS day, campaign, did, keyword, page, currency, 0 AS booked, 1 AS visits, revenue_minor
  FROM visit_made
) AS parts
GROUP BY day, campaign, did, keyword, page, currency;

-- Calls on which somebody noted that a visit was booked, or not: read by day of the note.
CREATE INDEX call_topic_by_category ON call_topic (category, at_ms);

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM call) ON CONFLICT (day) DO NOTHING;
