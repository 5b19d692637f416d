-- Sums of callbacks, kept like those of calls: see store/callback_sums.py.

-- What the sums count of each callback, and so what is to be taken away when it changes. day is the local day on which
-- it opened. state is open, why it closed, or corrected where its calls turned out not to be missed. Times are buckets
-- (store/cells.py), NULL for what did not happen. call_* say which call opened it, all empty for none that counts.
CREATE TABLE callback_counted (
  callback BIGINT PRIMARY KEY,
  day TEXT NOT NULL,
  location TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempt_work BIGINT,
  attempt_clock BIGINT,
  contact_work BIGINT,
  contact_clock BIGINT,
  attempt_same_day BIGINT NOT NULL,
  contact_same_day BIGINT NOT NULL,
  call_day TEXT NOT NULL,
  call_campaign BIGINT NOT NULL,
  call_did TEXT NOT NULL
);

CREATE INDEX callback_counted_by_day ON callback_counted (day);

-- Callbacks by the local day on which they opened; tried is their first attempt, spoke their contact.
CREATE TABLE rollup_callback (
  day TEXT NOT NULL,
  location TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  opened BIGINT NOT NULL,
  still_open BIGINT NOT NULL,
  closed_reached BIGINT NOT NULL,
  closed_returned BIGINT NOT NULL,
  closed_booked BIGINT NOT NULL,
  closed_manual BIGINT NOT NULL,
  closed_expired BIGINT NOT NULL,
  contact_made BIGINT NOT NULL,
  tried_not_reached BIGINT NOT NULL,
  never_tried BIGINT NOT NULL,
  tried_15m BIGINT NOT NULL,
  tried_1h BIGINT NOT NULL,
  tried_same_day BIGINT NOT NULL,
  tried_24h BIGINT NOT NULL,
  spoke_15m BIGINT NOT NULL,
  spoke_1h BIGINT NOT NULL,
  spoke_same_day BIGINT NOT NULL,
  spoke_24h BIGINT NOT NULL,
  PRIMARY KEY (day, location, campaign)
);

-- How soon callbacks were tried and spoken with, in working time and by the clock: histograms.
CREATE TABLE rollup_callback_day (
  day TEXT NOT NULL,
  location TEXT NOT NULL,
  bucket BIGINT NOT NULL,
  attempt_work BIGINT NOT NULL,
  attempt_clock BIGINT NOT NULL,
  contact_work BIGINT NOT NULL,
  contact_clock BIGINT NOT NULL,
  PRIMARY KEY (day, location, bucket)
);

CREATE TABLE rollup_callback_month (
  month TEXT NOT NULL,
  location TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  attempt_work BIGINT NOT NULL,
  attempt_clock BIGINT NOT NULL,
  contact_work BIGINT NOT NULL,
  contact_clock BIGINT NOT NULL,
  PRIMARY KEY (month, location, campaign, bucket)
);

-- Callbacks by the day, campaign and number of the call that opened them.
CREATE TABLE rollup_opened (
  day TEXT NOT NULL,
  campaign BIGINT NOT NULL,
  did TEXT NOT NULL,
  callbacks_open BIGINT NOT NULL,
  callbacks_reached BIGINT NOT NULL,
  PRIMARY KEY (day, campaign, did)
);

-- Missed calls after which the caller was not answered again. until is the day of the caller's next call, empty for
-- none: the call is the last of every span of days from its own that ends before. talk_ms is the longest talk on a call
-- of ours to the caller since, -1 for none.
CREATE TABLE lost_call (
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  day TEXT NOT NULL,
  until TEXT NOT NULL,
  talk_ms BIGINT NOT NULL,
  PRIMARY KEY (pbx, call)
);

CREATE INDEX lost_call_by_day ON lost_call (day, until, talk_ms);

-- Missed calls whose caller hid the number.
CREATE INDEX call_withheld_missed ON call (local_day)
WHERE direction = 'inbound' AND kind = 'patient' AND excluded = '' AND ended_ms IS NOT NULL
  AND missed = 1 AND withheld = 1;

-- The same as the callbacks and the calls say they must be.

CREATE VIEW callback_counted_fresh AS
SELECT
  callback, day, location, campaign, state,
  CASE WHEN attempt_work_ms IS NULL THEN NULL WHEN attempt_work_ms <= 0 THEN 0
    WHEN attempt_work_ms <= 120000 THEN (attempt_work_ms + 999) / 1000
    WHEN attempt_work_ms <= 600000 THEN 120 + (attempt_work_ms - 115001) / 5000
    WHEN attempt_work_ms <= 3600000 THEN 216 + (attempt_work_ms - 540001) / 60000
    WHEN attempt_work_ms <= 86400000 THEN 266 + (attempt_work_ms - 3300001) / 300000
    WHEN attempt_work_ms <= 1209600000 THEN 542 + (attempt_work_ms - 82800001) / 3600000
    WHEN attempt_work_ms <= 31536000000 THEN 854 + (attempt_work_ms - 1123200001) / 86400000
    ELSE 1206 END AS attempt_work,
  CASE WHEN attempt_clock_ms IS NULL THEN NULL WHEN attempt_clock_ms <= 0 THEN 0
    WHEN attempt_clock_ms <= 120000 THEN (attempt_clock_ms + 999) / 1000
    WHEN attempt_clock_ms <= 600000 THEN 120 + (attempt_clock_ms - 115001) / 5000
    WHEN attempt_clock_ms <= 3600000 THEN 216 + (attempt_clock_ms - 540001) / 60000
    WHEN attempt_clock_ms <= 86400000 THEN 266 + (attempt_clock_ms - 3300001) / 300000
    WHEN attempt_clock_ms <= 1209600000 THEN 542 + (attempt_clock_ms - 82800001) / 3600000
    WHEN attempt_clock_ms <= 31536000000 THEN 854 + (attempt_clock_ms - 1123200001) / 86400000
    ELSE 1206 END AS attempt_clock,
  CASE WHEN contact_work_ms IS NULL THEN NULL WHEN contact_work_ms <= 0 THEN 0
    WHEN contact_work_ms <= 120000 THEN (contact_work_ms + 999) / 1000
    WHEN contact_work_ms <= 600000 THEN 120 + (contact_work_ms - 115001) / 5000
    WHEN contact_work_ms <= 3600000 THEN 216 + (contact_work_ms - 540001) / 60000
    WHEN contact_work_ms <= 86400000 THEN 266 + (contact_work_ms - 3300001) / 300000
    WHEN contact_work_ms <= 1209600000 THEN 542 + (contact_work_ms - 82800001) / 3600000
    WHEN contact_work_ms <= 31536000000 THEN 854 + (contact_work_ms - 1123200001) / 86400000
    ELSE 1206 END AS contact_work,
  CASE WHEN contact_clock_ms IS NULL THEN NULL WHEN contact_clock_ms <= 0 THEN 0
    WHEN contact_clock_ms <= 120000 THEN (contact_clock_ms + 999) / 1000
    WHEN contact_clock_ms <= 600000 THEN 120 + (contact_clock_ms - 115001) / 5000
    WHEN contact_clock_ms <= 3600000 THEN 216 + (contact_clock_ms - 540001) / 60000
    WHEN contact_clock_ms <= 86400000 THEN 266 + (contact_clock_ms - 3300001) / 300000
    WHEN contact_clock_ms <= 1209600000 THEN 542 + (contact_clock_ms - 82800001) / 3600000
    WHEN contact_clock_ms <= 31536000000 THEN 854 + (contact_clock_ms - 1123200001) / 86400000
    ELSE 1206 END AS contact_clock,
  attempt_same_day, contact_same_day, call_day, call_campaign, call_did
FROM (
  SELECT
    callback.id AS callback, COALESCE(callback_time.opened_day, '') AS day, callback.location,
    COALESCE(callback.campaign, 0) AS campaign,
    CASE WHEN callback.state <> 'closed' THEN 'open'
      WHEN callback.closed_why = 'manual' AND callback.closed_by IS NULL THEN 'corrected'
      ELSE COALESCE(callback.closed_why, '') END AS state,
    callback_time.attempted_work_ms AS attempt_work_ms, callback_time.contacted_work_ms AS contact_work_ms,
    callback_time.attempted_ms - callback.opened_ms AS attempt_clock_ms,
    callback_time.contacted_ms - callback.opened_ms AS contact_clock_ms,
    CASE WHEN callback_time.attempted_day = callback_time.opened_day THEN 1 ELSE 0 END AS attempt_same_day,
    CASE WHEN callback_time.contacted_day = callback_time.opened_day THEN 1 ELSE 0 END AS contact_same_day,
    COALESCE(call.local_day, '') AS call_day,
    CASE WHEN call.id IS NULL THEN 0 ELSE COALESCE(attribution.campaign, 0) END AS call_campaign,
    COALESCE(call.did, '') AS call_did
  FROM callback
  LEFT JOIN callback_time ON callback_time.callback = callback.id
  LEFT JOIN callback_call AS opening ON opening.callback = callback.id AND opening.role = 'missed'
    AND NOT EXISTS (
      SELECT 1 FROM callback_call AS earlier
      WHERE earlier.callback = opening.callback AND earlier.role = 'missed'
        AND (earlier.at_ms, earlier.pbx, earlier.call) < (opening.at_ms, opening.pbx, opening.call))
  LEFT JOIN call ON call.pbx = opening.pbx AND call.id = opening.call AND call.direction = 'inbound'
    AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
) AS facts;

CREATE VIEW rollup_callback_fresh AS
SELECT
  day, location, campaign,
  COUNT(*) AS opened,
  SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS still_open,
  SUM(CASE WHEN state = 'reached' THEN 1 ELSE 0 END) AS closed_reached,
  SUM(CASE WHEN state = 'returned' THEN 1 ELSE 0 END) AS closed_returned,
  SUM(CASE WHEN state = 'booked' THEN 1 ELSE 0 END) AS closed_booked,
  SUM(CASE WHEN state = 'manual' THEN 1 ELSE 0 END) AS closed_manual,
  SUM(CASE WHEN state = 'expired' THEN 1 ELSE 0 END) AS closed_expired,
  SUM(CASE WHEN contact_clock IS NOT NULL THEN 1 ELSE 0 END) AS contact_made,
  SUM(CASE WHEN contact_clock IS NULL AND attempt_clock IS NOT NULL THEN 1 ELSE 0 END) AS tried_not_reached,
  SUM(CASE WHEN contact_clock IS NULL AND attempt_clock IS NULL THEN 1 ELSE 0 END) AS never_tried,
  SUM(CASE WHEN attempt_work <= 221 THEN 1 ELSE 0 END) AS tried_15m,
  SUM(CASE WHEN attempt_clock <= 266 THEN 1 ELSE 0 END) AS tried_1h,
  SUM(attempt_same_day) AS tried_same_day,
  SUM(CASE WHEN attempt_clock <= 542 THEN 1 ELSE 0 END) AS tried_24h,
  SUM(CASE WHEN contact_work <= 221 THEN 1 ELSE 0 END) AS spoke_15m,
  SUM(CASE WHEN contact_clock <= 266 THEN 1 ELSE 0 END) AS spoke_1h,
  SUM(contact_same_day) AS spoke_same_day,
  SUM(CASE WHEN contact_clock <= 542 THEN 1 ELSE 0 END) AS spoke_24h
FROM callback_counted
WHERE day <> '' AND state <> 'corrected'
GROUP BY day, location, campaign;

CREATE VIEW rollup_callback_day_fresh AS
SELECT
  day, location, bucket,
  SUM(attempt_work) AS attempt_work,
  SUM(attempt_clock) AS attempt_clock,
  SUM(contact_work) AS contact_work,
  SUM(contact_clock) AS contact_clock
FROM (
  SELECT day, location, attempt_work AS bucket,
    1 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND attempt_work IS NOT NULL
  UNION ALL
  SELECT day, location, attempt_clock AS bucket,
    0 AS attempt_work, 1 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND attempt_clock IS NOT NULL
  UNION ALL
  SELECT day, location, contact_work AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 1 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND contact_work IS NOT NULL
  UNION ALL
  SELECT day, location, contact_clock AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 1 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND contact_clock IS NOT NULL
) AS times
GROUP BY day, location, bucket;

CREATE VIEW rollup_callback_month_fresh AS
SELECT
  month, location, campaign, bucket,
  SUM(attempt_work) AS attempt_work,
  SUM(attempt_clock) AS attempt_clock,
  SUM(contact_work) AS contact_work,
  SUM(contact_clock) AS contact_clock
FROM (
  SELECT SUBSTR(day, 1, 7) AS month, location, campaign, attempt_work AS bucket,
    1 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND attempt_work IS NOT NULL
  UNION ALL
  SELECT SUBSTR(day, 1, 7) AS month, location, campaign, attempt_clock AS bucket,
    0 AS attempt_work, 1 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND attempt_clock IS NOT NULL
  UNION ALL
  SELECT SUBSTR(day, 1, 7) AS month, location, campaign, contact_work AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 1 AS contact_work, 0 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND contact_work IS NOT NULL
  UNION ALL
  SELECT SUBSTR(day, 1, 7) AS month, location, campaign, contact_clock AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 1 AS contact_clock
  FROM callback_counted WHERE day <> '' AND state <> 'corrected' AND contact_clock IS NOT NULL
) AS times
GROUP BY month, location, campaign, bucket;

CREATE VIEW rollup_opened_fresh AS
SELECT
  call_day AS day, call_campaign AS campaign, call_did AS did,
  SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS callbacks_open,
  SUM(CASE WHEN state IN ('reached', 'returned') THEN 1 ELSE 0 END) AS callbacks_reached
FROM callback_counted
WHERE call_day <> '' AND state IN ('open', 'reached', 'returned')
GROUP BY call_day, call_campaign, call_did;

-- A talk with an answering machine, as a person said, is none.
CREATE VIEW lost_call_fresh AS
SELECT
  chained.pbx, chained.id AS call, chained.local_day AS day, chained.until,
  COALESCE((
    SELECT MAX(ours.bridged_ms) FROM call AS ours
    WHERE ours.party = chained.party AND ours.kind = 'patient' AND ours.direction = 'outbound'
      AND ours.outcome = 'answered' AND ours.lost_after_answer = 0 AND ours.ended_ms >= chained.ended_ms
      AND NOT EXISTS (
        SELECT 1 FROM callback_call AS machine
        WHERE machine.pbx = ours.pbx AND machine.call = ours.id AND machine.role = 'attempt'
          AND machine.outcome IN ('voicemail', 'unconfirmed'))), -1) AS talk_ms
FROM (
  SELECT call.pbx, call.id, call.party, call.local_day, call.ended_ms, call.missed,
    COALESCE(LEAD(call.local_day) OVER (PARTITION BY call.party ORDER BY call.started_ms, call.pbx, call.id), '')
      AS until
  FROM call
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
    AND call.withheld = 0 AND call.party IS NOT NULL
) AS chained
WHERE chained.missed = 1 AND chained.until <> chained.local_day AND NOT EXISTS (
  SELECT 1 FROM call AS theirs
  WHERE theirs.party = chained.party AND theirs.kind = 'patient' AND theirs.direction = 'inbound'
    AND theirs.outcome = 'answered' AND theirs.lost_after_answer = 0 AND theirs.ended_ms >= chained.ended_ms
    AND NOT EXISTS (
      SELECT 1 FROM callback_call AS machine
      WHERE machine.pbx = theirs.pbx AND machine.call = theirs.id AND machine.role = 'attempt'
        AND machine.outcome IN ('voicemail', 'unconfirmed')));

INSERT INTO rollup_dirty (day) SELECT '' WHERE EXISTS (SELECT 1 FROM call) ON CONFLICT (day) DO NOTHING;
