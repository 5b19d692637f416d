-- The roll-ups as the calls say they must be (the views rollup_*_fresh): to fill them anew, and to compare.

-- name: rollup_source_fill!
INSERT INTO rollup_source (
  day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
  closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
)
SELECT
  day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
  closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
FROM rollup_source_fresh;

-- name: rollup_source_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
    missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
    closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
  FROM rollup_source_fresh
  EXCEPT
  SELECT
    day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
    missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
    closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
  FROM rollup_source
  UNION ALL
  SELECT * FROM (
    SELECT
      day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
      missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
      closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
    FROM rollup_source
    EXCEPT
    SELECT
      day, campaign, did, keyword, page, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
      missed_blocked, missed_voicemail, missed_menu, missed_closed, missed_first, offered, answered_offered, short,
      closed, first_time, withheld, waited, wait_ms, talk_ms, hold_ms, topics, booked
    FROM rollup_source_fresh
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
FROM rollup_hour_fresh;

-- name: rollup_hour_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
    missed_blocked, missed_voicemail, missed_menu, missed_closed
  FROM rollup_hour_fresh
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
    FROM rollup_hour_fresh
  ) AS kept
) AS different;

-- name: rollup_agent_fill!
INSERT INTO rollup_agent (
  day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
)
SELECT
  day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
FROM rollup_agent_fresh;

-- name: rollup_agent_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
  FROM rollup_agent_fresh
  EXCEPT
  SELECT
    day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
  FROM rollup_agent
  UNION ALL
  SELECT * FROM (
    SELECT
      day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
    FROM rollup_agent
    EXCEPT
    SELECT
      day, agent, answered, talk_ms, hold_ms, outbound, outbound_answered, outbound_talk_ms, topics, wrap_ms
    FROM rollup_agent_fresh
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
FROM rollup_queue_fresh;

-- name: rollup_queue_differences$
SELECT COUNT(*) FROM (
  SELECT
    day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
    wait_ms, gave_up, gave_up_ms
  FROM rollup_queue_fresh
  EXCEPT
  SELECT
    day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
    wait_ms, gave_up, gave_up_ms
  FROM rollup_queue
  UNION ALL
  SELECT * FROM (
    SELECT
      day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
      wait_ms, gave_up, gave_up_ms
    FROM rollup_queue
    EXCEPT
    SELECT
      day, queue, calls, answered, offered, answered_offered, abandoned, short, no_answer, blocked, voicemail, waited,
      wait_ms, gave_up, gave_up_ms
    FROM rollup_queue_fresh
  ) AS kept
) AS different;

-- name: rollup_wait_fill!
INSERT INTO rollup_wait (
  grain, period, campaign, did, bucket, n
)
SELECT
  grain, period, campaign, did, bucket, n
FROM rollup_wait_fresh;

-- name: rollup_wait_differences$
SELECT COUNT(*) FROM (
  SELECT
    grain, period, campaign, did, bucket, n
  FROM rollup_wait_fresh
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
    FROM rollup_wait_fresh
  ) AS kept
) AS different;

-- name: rollup_queue_wait_fill!
INSERT INTO rollup_queue_wait (
  grain, period, queue, ended, bucket, n
)
SELECT
  grain, period, queue, ended, bucket, n
FROM rollup_queue_wait_fresh;

-- name: rollup_queue_wait_differences$
SELECT COUNT(*) FROM (
  SELECT
    grain, period, queue, ended, bucket, n
  FROM rollup_queue_wait_fresh
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
    FROM rollup_queue_wait_fresh
  ) AS kept
) AS different;

-- name: rollup_caller_fill!
INSERT INTO rollup_caller (
  scope, grain, period, since, part, n
)
SELECT
  scope, grain, period, since, part, n
FROM rollup_caller_fresh;

-- name: rollup_caller_differences$
SELECT COUNT(*) FROM (
  SELECT
    scope, grain, period, since, part, n
  FROM rollup_caller_fresh
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
    FROM rollup_caller_fresh
  ) AS kept
) AS different;
