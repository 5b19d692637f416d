-- The roll-ups as the calls say they must be: to fill them anew, and to compare. Written apart from what keeps them.

-- name: rollup_source_fill!
INSERT INTO rollup_source (
  day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
  closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
)
SELECT
  day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
  closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
FROM (
  SELECT
    call.local_day AS day, COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(call.missed) AS missed,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
    SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
        THEN 1 ELSE 0 END) AS unknown,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms) THEN 1 ELSE 0 END) AS missed_abandoned,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS missed_short,
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
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS short,
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
  GROUP BY call.local_day, COALESCE(attribution.campaign, 0), COALESCE(call.did, '')
) AS fresh;

-- name: rollup_source_differences$
WITH fresh AS (
  SELECT
    call.local_day AS day, COALESCE(attribution.campaign, 0) AS campaign, COALESCE(call.did, '') AS did,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(call.missed) AS missed,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
    SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
        THEN 1 ELSE 0 END) AS unknown,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms) THEN 1 ELSE 0 END) AS missed_abandoned,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS missed_short,
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
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS short,
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
  GROUP BY call.local_day, COALESCE(attribution.campaign, 0), COALESCE(call.did, '')
)
SELECT COUNT(*) FROM (
  SELECT
    day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short,
    missed_no_answer, missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered,
    answered_offered, short, closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
  FROM fresh
  EXCEPT
  SELECT
    day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short,
    missed_no_answer, missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered,
    answered_offered, short, closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
  FROM rollup_source
  UNION ALL
  SELECT * FROM (
    SELECT
      day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short,
      missed_no_answer, missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered,
      answered_offered, short, closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
    FROM rollup_source
    EXCEPT
    SELECT
      day, campaign, did, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short,
      missed_no_answer, missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered,
      answered_offered, short, closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_hour_fill!
INSERT INTO rollup_hour (
  day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed
)
SELECT
  day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed
FROM (
  SELECT
    call.local_day AS day, call.local_hour AS hour,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(call.missed) AS missed,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
    SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
        THEN 1 ELSE 0 END) AS unknown,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms) THEN 1 ELSE 0 END) AS missed_abandoned,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS missed_short,
    SUM(CASE WHEN call.missed = 1
        AND COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')
        THEN 1 ELSE 0 END) AS missed_no_answer,
    SUM(CASE WHEN call.missed = 1 AND call.outcome IN ('busy', 'failed') THEN 1 ELSE 0 END) AS missed_blocked,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'voicemail' THEN 1 ELSE 0 END) AS missed_voicemail,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS missed_menu,
    SUM(CASE WHEN call.missed = 1 AND call.in_hours = 0 THEN 1 ELSE 0 END) AS missed_closed
  FROM call
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  GROUP BY call.local_day, call.local_hour
) AS fresh;

-- name: rollup_hour_differences$
WITH fresh AS (
  SELECT
    call.local_day AS day, call.local_hour AS hour,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(call.missed) AS missed,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS left_menu,
    SUM(CASE WHEN call.missed = 0 AND COALESCE(call.outcome, '') NOT IN ('answered', 'left_menu')
        THEN 1 ELSE 0 END) AS unknown,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND NOT (call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms) THEN 1 ELSE 0 END) AS missed_abandoned,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'abandoned' AND call.offered_ms IS NOT NULL
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS missed_short,
    SUM(CASE WHEN call.missed = 1
        AND COALESCE(call.outcome, '') NOT IN ('abandoned', 'busy', 'failed', 'voicemail', 'left_menu')
        THEN 1 ELSE 0 END) AS missed_no_answer,
    SUM(CASE WHEN call.missed = 1 AND call.outcome IN ('busy', 'failed') THEN 1 ELSE 0 END) AS missed_blocked,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'voicemail' THEN 1 ELSE 0 END) AS missed_voicemail,
    SUM(CASE WHEN call.missed = 1 AND call.outcome = 'left_menu' THEN 1 ELSE 0 END) AS missed_menu,
    SUM(CASE WHEN call.missed = 1 AND call.in_hours = 0 THEN 1 ELSE 0 END) AS missed_closed
  FROM call
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  GROUP BY call.local_day, call.local_hour
)
SELECT COUNT(*) FROM (
  SELECT
    day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
    missed_blocked, missed_voicemail, missed_menu, missed_closed
  FROM fresh
  EXCEPT
  SELECT
    day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
    missed_blocked, missed_voicemail, missed_menu, missed_closed
  FROM rollup_hour
  UNION ALL
  SELECT * FROM (
    SELECT
      day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
      missed_blocked, missed_voicemail, missed_menu, missed_closed
    FROM rollup_hour
    EXCEPT
    SELECT
      day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
      missed_blocked, missed_voicemail, missed_menu, missed_closed
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_agent_fill!
INSERT INTO rollup_agent (
  day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
)
SELECT
  day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
FROM (
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
  GROUP BY day, agent
) AS fresh;

-- name: rollup_agent_differences$
WITH fresh AS (
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
  GROUP BY day, agent
)
SELECT COUNT(*) FROM (
  SELECT
    day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
  FROM fresh
  EXCEPT
  SELECT
    day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
  FROM rollup_agent
  UNION ALL
  SELECT * FROM (
    SELECT
      day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
    FROM rollup_agent
    EXCEPT
    SELECT
      day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_queue_fill!
INSERT INTO rollup_queue (
  day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
  wait_ms, gave_up, gave_up_ms
)
SELECT
  day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
  wait_ms, gave_up, gave_up_ms
FROM (
  SELECT
    call.local_day AS day, call.queue AS queue,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(CASE WHEN call.offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS offered,
    SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered_offered,
    SUM(CASE WHEN call.outcome = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
    SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'abandoned'
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS short,
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
  GROUP BY call.local_day, call.queue
) AS fresh;

-- name: rollup_queue_differences$
WITH fresh AS (
  SELECT
    call.local_day AS day, call.queue AS queue,
    COUNT(*) AS calls,
    SUM(CASE WHEN call.missed = 0 AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(CASE WHEN call.offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS offered,
    SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered_offered,
    SUM(CASE WHEN call.outcome = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
    SUM(CASE WHEN call.offered_ms IS NOT NULL AND call.outcome = 'abandoned'
      AND call.ended_ms - call.offered_ms <= :short_ms THEN 1 ELSE 0 END) AS short,
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
  GROUP BY call.local_day, call.queue
)
SELECT COUNT(*) FROM (
  SELECT
    day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
    wait_ms, gave_up, gave_up_ms
  FROM fresh
  EXCEPT
  SELECT
    day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
    wait_ms, gave_up, gave_up_ms
  FROM rollup_queue
  UNION ALL
  SELECT * FROM (
    SELECT
      day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail,
      waited, wait_ms, gave_up, gave_up_ms
    FROM rollup_queue
    EXCEPT
    SELECT
      day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail,
      waited, wait_ms, gave_up, gave_up_ms
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_wait_fill!
INSERT INTO rollup_wait (
  grain, period, campaign, did, bucket, n
)
SELECT
  grain, period, campaign, did, bucket, n
FROM (
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
  GROUP BY 1, 2, 3, 4, 5
) AS fresh;

-- name: rollup_wait_differences$
WITH fresh AS (
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
  GROUP BY 1, 2, 3, 4, 5
)
SELECT COUNT(*) FROM (
  SELECT
    grain, period, campaign, did, bucket, n
  FROM fresh
  EXCEPT
  SELECT
    grain, period, campaign, did, bucket, n
  FROM rollup_wait
  UNION ALL
  SELECT * FROM (
    SELECT
      grain, period, campaign, did, bucket, n
    FROM rollup_wait
    EXCEPT
    SELECT
      grain, period, campaign, did, bucket, n
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_queue_wait_fill!
INSERT INTO rollup_queue_wait (
  grain, period, queue, ended, bucket, n
)
SELECT
  grain, period, queue, ended, bucket, n
FROM (
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
  GROUP BY 1, 2, 3, 4, 5
) AS fresh;

-- name: rollup_queue_wait_differences$
WITH fresh AS (
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
  GROUP BY 1, 2, 3, 4, 5
)
SELECT COUNT(*) FROM (
  SELECT
    grain, period, queue, ended, bucket, n
  FROM fresh
  EXCEPT
  SELECT
    grain, period, queue, ended, bucket, n
  FROM rollup_queue_wait
  UNION ALL
  SELECT * FROM (
    SELECT
      grain, period, queue, ended, bucket, n
    FROM rollup_queue_wait
    EXCEPT
    SELECT
      grain, period, queue, ended, bucket, n
    FROM fresh
  ) AS kept
) AS different;

-- name: rollup_caller_fill!
INSERT INTO rollup_caller (
  scope, grain, period, since, part, n
)
SELECT
  scope, grain, period, since, part, n
FROM (
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
  GROUP BY 1, 2, 3, 4, 5
) AS fresh;

-- name: rollup_caller_differences$
WITH fresh AS (
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
  GROUP BY 1, 2, 3, 4, 5
)
SELECT COUNT(*) FROM (
  SELECT
    scope, grain, period, since, part, n
  FROM fresh
  EXCEPT
  SELECT
    scope, grain, period, since, part, n
  FROM rollup_caller
  UNION ALL
  SELECT * FROM (
    SELECT
      scope, grain, period, since, part, n
    FROM rollup_caller
    EXCEPT
    SELECT
      scope, grain, period, since, part, n
    FROM fresh
  ) AS kept
) AS different;
