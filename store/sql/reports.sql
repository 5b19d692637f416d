-- name: report_callers
-- Different callers by source, call by call, where no chain of calls serves. A flag of 0 folds its dimension into an
-- empty text. from_ms and to_ms only narrow the search for the index.
SELECT source, medium, campaign, number, label, keyword, page, unattributed, COUNT(DISTINCT caller) AS callers FROM (
  SELECT
    call.party AS caller,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN COALESCE(campaign.source, '(none)') ELSE '' END AS source,
    CASE WHEN CAST(:by_medium AS BIGINT) = 1 THEN COALESCE(campaign.medium, '(none)') ELSE '' END AS medium,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN COALESCE(campaign.name, '(none)') ELSE '' END AS campaign,
    CASE WHEN CAST(:by_number AS BIGINT) = 1 THEN COALESCE(call.did, '(none)') ELSE '' END AS number,
    CASE WHEN CAST(:by_number AS BIGINT) = 1 THEN COALESCE((
      SELECT number_assignment.label FROM number_assignment
      WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
        AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
      ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label,
    CASE WHEN CAST(:by_keyword AS BIGINT) = 1 THEN COALESCE(NULLIF(visit.term, ''), '(none)') ELSE '' END AS keyword,
    CASE WHEN CAST(:by_page AS BIGINT) = 1 THEN COALESCE(NULLIF(visit.page, ''), '(none)') ELSE '' END AS page,
    CASE WHEN CAST(:by_source AS BIGINT) + CAST(:by_medium AS BIGINT) + CAST(:by_campaign AS BIGINT) > 0
      AND campaign.id IS NULL THEN 1 ELSE 0 END AS unattributed
  FROM call
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  LEFT JOIN visit ON visit.id = attribution.visit
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND call.withheld = 0 AND call.party IS NOT NULL
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
) AS chosen
GROUP BY source, medium, campaign, number, label, keyword, page, unattributed;

-- name: report_labelled_waits
-- Waits of answered calls by campaign, number, the label that the number had on the day, keyword and page, in ms.
SELECT source, medium, name, did, label, keyword, page, wait_ms, COUNT(*) AS n FROM (
  SELECT
    campaign.source, campaign.medium, campaign.name, COALESCE(call.did, '') AS did,
    COALESCE((
      SELECT number_assignment.label FROM number_assignment
      WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
        AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
      ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') AS label,
    COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
    call.answered_ms - call.offered_ms AS wait_ms
  FROM call
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  LEFT JOIN visit ON visit.id = attribution.visit
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND call.outcome = 'answered' AND call.offered_ms IS NOT NULL AND call.answered_ms IS NOT NULL
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
) AS waits
GROUP BY source, medium, name, did, label, keyword, page, wait_ms;

-- name: report_opened
-- Callbacks by the campaign, number and label of the call that opened them.
SELECT
  source, medium, name, did, label,
  SUM(CASE WHEN state <> 'closed' THEN 1 ELSE 0 END) AS callbacks_open,
  SUM(CASE WHEN state = 'closed' AND closed_why IN ('reached', 'returned') THEN 1 ELSE 0 END) AS callbacks_reached
FROM (
  SELECT
    campaign.source, campaign.medium, campaign.name, COALESCE(call.did, '') AS did, callback.state, callback.closed_why,
    CASE WHEN CAST(:labels AS BIGINT) = 1 THEN COALESCE((
      SELECT number_assignment.label FROM number_assignment
      WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
        AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
      ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label
  FROM call
  JOIN callback_call AS opening ON opening.pbx = call.pbx AND opening.call = call.id AND opening.role = 'missed'
  JOIN callback ON callback.id = opening.callback
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND NOT EXISTS (
      SELECT 1 FROM callback_call AS earlier
      WHERE earlier.callback = opening.callback AND earlier.role = 'missed'
        AND (earlier.at_ms, earlier.pbx, earlier.call) < (opening.at_ms, opening.pbx, opening.call))
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
) AS openings
GROUP BY source, medium, name, did, label;

-- name: report_callbacks
-- Figures of callbacks by the local day they opened, one row a group. A flag of 0 folds its dimension into an empty
-- text; with every flag 0 there is one row, the total. Medians are exact, 90th percentiles by nearest rank.
WITH chosen AS (
  SELECT
    callback.id, callback.state, callback.closed_why,
    CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN callback_time.opened_day ELSE '' END AS day,
    CASE WHEN CAST(:by_location AS BIGINT) = 1 THEN callback.location ELSE '' END AS location,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN COALESCE(campaign.source, '(none)') ELSE '' END AS source,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN COALESCE(campaign.name, '(none)') ELSE '' END AS campaign,
    callback_time.opened_day, callback_time.attempted_day, callback_time.contacted_day,
    callback_time.attempted_work_ms AS attempt_work, callback_time.contacted_work_ms AS contact_work,
    CASE WHEN callback_time.attempted_ms < callback.opened_ms THEN 0
      ELSE callback_time.attempted_ms - callback.opened_ms END AS attempt_clock,
    CASE WHEN callback_time.contacted_ms < callback.opened_ms THEN 0
      ELSE callback_time.contacted_ms - callback.opened_ms END AS contact_clock
  FROM callback_time
  JOIN callback ON callback.id = callback_time.callback
  LEFT JOIN campaign ON campaign.id = callback.campaign
  WHERE callback_time.opened_day >= :from_day AND callback_time.opened_day <= :to_day
    AND NOT (callback.state = 'closed' AND callback.closed_why = 'manual' AND callback.closed_by IS NULL)
),
counted AS (
  SELECT
    day, location, source, campaign,
    COUNT(*) AS opened,
    SUM(CASE WHEN state <> 'closed' THEN 1 ELSE 0 END) AS still_open,
    SUM(CASE WHEN closed_why = 'reached' THEN 1 ELSE 0 END) AS closed_reached,
    SUM(CASE WHEN closed_why = 'returned' THEN 1 ELSE 0 END) AS closed_returned,
    SUM(CASE WHEN closed_why = 'booked' THEN 1 ELSE 0 END) AS closed_booked,
    SUM(CASE WHEN closed_why = 'manual' THEN 1 ELSE 0 END) AS closed_manual,
    SUM(CASE WHEN closed_why = 'expired' THEN 1 ELSE 0 END) AS closed_expired,
    SUM(CASE WHEN contact_clock IS NOT NULL THEN 1 ELSE 0 END) AS contact_made,
    SUM(CASE WHEN contact_clock IS NULL AND attempt_clock IS NOT NULL THEN 1 ELSE 0 END) AS tried_not_reached,
    SUM(CASE WHEN contact_clock IS NULL AND attempt_clock IS NULL THEN 1 ELSE 0 END) AS never_tried,
    SUM(CASE WHEN attempt_work <= 900000 THEN 1 ELSE 0 END) AS tried_15m,
    SUM(CASE WHEN attempt_clock <= 3600000 THEN 1 ELSE 0 END) AS tried_1h,
    SUM(CASE WHEN attempted_day = opened_day THEN 1 ELSE 0 END) AS tried_same_day,
    SUM(CASE WHEN attempt_clock <= 86400000 THEN 1 ELSE 0 END) AS tried_24h,
    SUM(CASE WHEN contact_work <= 900000 THEN 1 ELSE 0 END) AS spoke_15m,
    SUM(CASE WHEN contact_clock <= 3600000 THEN 1 ELSE 0 END) AS spoke_1h,
    SUM(CASE WHEN contacted_day = opened_day THEN 1 ELSE 0 END) AS spoke_same_day,
    SUM(CASE WHEN contact_clock <= 86400000 THEN 1 ELSE 0 END) AS spoke_24h
  FROM chosen
  GROUP BY day, location, source, campaign
),
timed AS (
  SELECT day, location, source, campaign, 'attempt_work' AS measure, attempt_work AS ms FROM chosen
  WHERE attempt_work IS NOT NULL
  UNION ALL
  SELECT day, location, source, campaign, 'attempt_clock' AS measure, attempt_clock AS ms FROM chosen
  WHERE attempt_clock IS NOT NULL
  UNION ALL
  SELECT day, location, source, campaign, 'contact_work' AS measure, contact_work AS ms FROM chosen
  WHERE contact_work IS NOT NULL
  UNION ALL
  SELECT day, location, source, campaign, 'contact_clock' AS measure, contact_clock AS ms FROM chosen
  WHERE contact_clock IS NOT NULL
),
placed AS (
  SELECT
    day, location, source, campaign, measure, ms,
    ROW_NUMBER() OVER (PARTITION BY day, location, source, campaign, measure ORDER BY ms) AS place,
    COUNT(*) OVER (PARTITION BY day, location, source, campaign, measure) AS size
  FROM timed
),
spread AS (
  SELECT
    day, location, source, campaign, measure,
    CAST(SUM(CASE WHEN place = (size + 1) / 2 OR place = (size + 2) / 2 THEN ms ELSE 0 END) AS DOUBLE PRECISION)
      / SUM(CASE WHEN place = (size + 1) / 2 OR place = (size + 2) / 2 THEN 1 ELSE 0 END) / 1000 AS median_s,
    CAST(MAX(CASE WHEN place = (size * 9 + 9) / 10 THEN ms END) AS DOUBLE PRECISION) / 1000 AS p90_s
  FROM placed
  GROUP BY day, location, source, campaign, measure
),
pivot AS (
  SELECT
    day, location, source, campaign,
    MAX(CASE WHEN measure = 'attempt_work' THEN median_s END) AS attempt_work_median_s,
    MAX(CASE WHEN measure = 'attempt_work' THEN p90_s END) AS attempt_work_p90_s,
    MAX(CASE WHEN measure = 'attempt_clock' THEN median_s END) AS attempt_clock_median_s,
    MAX(CASE WHEN measure = 'attempt_clock' THEN p90_s END) AS attempt_clock_p90_s,
    MAX(CASE WHEN measure = 'contact_work' THEN median_s END) AS contact_work_median_s,
    MAX(CASE WHEN measure = 'contact_work' THEN p90_s END) AS contact_work_p90_s,
    MAX(CASE WHEN measure = 'contact_clock' THEN median_s END) AS contact_clock_median_s,
    MAX(CASE WHEN measure = 'contact_clock' THEN p90_s END) AS contact_clock_p90_s
  FROM spread
  GROUP BY day, location, source, campaign
)
SELECT
  counted.day, counted.location, counted.source, counted.campaign, counted.opened, counted.still_open,
  counted.closed_reached, counted.closed_returned, counted.closed_booked, counted.closed_manual,
  counted.closed_expired, counted.contact_made, counted.tried_not_reached, counted.never_tried,
  CAST(counted.tried_15m AS DOUBLE PRECISION) / counted.opened AS called_back_15m,
  CAST(counted.tried_1h AS DOUBLE PRECISION) / counted.opened AS called_back_1h,
  CAST(counted.tried_same_day AS DOUBLE PRECISION) / counted.opened AS called_back_same_day,
  CAST(counted.tried_24h AS DOUBLE PRECISION) / counted.opened AS called_back_24h,
  CAST(counted.spoke_15m AS DOUBLE PRECISION) / counted.opened AS recovered_15m,
  CAST(counted.spoke_1h AS DOUBLE PRECISION) / counted.opened AS recovered_1h,
  CAST(counted.spoke_same_day AS DOUBLE PRECISION) / counted.opened AS recovered_same_day,
  CAST(counted.spoke_24h AS DOUBLE PRECISION) / counted.opened AS recovered_24h,
  pivot.attempt_work_median_s, pivot.attempt_work_p90_s, pivot.attempt_clock_median_s, pivot.attempt_clock_p90_s,
  pivot.contact_work_median_s, pivot.contact_work_p90_s, pivot.contact_clock_median_s, pivot.contact_clock_p90_s
FROM counted
LEFT JOIN pivot ON pivot.day = counted.day AND pivot.location = counted.location
  AND pivot.source = counted.source AND pivot.campaign = counted.campaign
ORDER BY counted.day, counted.opened DESC, counted.location, counted.source, counted.campaign;

-- name: report_final_lost
-- Callers whose last call of a period was missed and who were not spoken with since, in either direction. A talk with
-- an answering machine, as a person said, is none.
WITH last_calls AS (
  SELECT
    call.party, call.pbx, call.id, call.started_ms, call.ended_ms, call.missed,
    ROW_NUMBER() OVER (PARTITION BY call.party ORDER BY call.started_ms DESC, call.pbx DESC, call.id DESC) AS place
  FROM call
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
    AND call.withheld = 0 AND call.party IS NOT NULL
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
)
SELECT last_calls.party, last_calls.pbx, last_calls.id, last_calls.started_ms FROM last_calls
WHERE last_calls.place = 1 AND last_calls.missed = 1
  AND NOT EXISTS (
    SELECT 1 FROM call AS later
    WHERE later.party = last_calls.party AND later.kind = 'patient' AND later.outcome = 'answered'
      AND later.lost_after_answer = 0 AND later.ended_ms >= last_calls.ended_ms
      AND (later.direction = 'inbound' OR (later.direction = 'outbound' AND later.bridged_ms >= :reached_ms))
      AND NOT EXISTS (
        SELECT 1 FROM callback_call AS machine
        WHERE machine.pbx = later.pbx AND machine.call = later.id AND machine.role = 'attempt'
          AND machine.outcome IN ('voicemail', 'unconfirmed')))
ORDER BY last_calls.started_ms, last_calls.pbx, last_calls.id;

-- name: report_withheld_missed$
-- Missed calls of a period whose caller hid the number.
SELECT COUNT(*) FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.missed = 1 AND call.withheld = 1
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms;
