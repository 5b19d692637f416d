-- What reports read of the roll-ups. Days and periods are ISO text, both ends included.

-- name: sum_callers
-- Different callers by part: calls whose call before was earlier than the first day.
SELECT part, SUM(n) AS n FROM rollup_caller
WHERE scope = :scope AND grain = :grain AND period >= :from_period AND period <= :to_period AND since < :since
GROUP BY part;

-- name: sum_waits
-- Waits by campaign and bucket, and by number where dids is 1.
SELECT campaign, did, bucket, SUM(n) AS n FROM (
  SELECT campaign, CASE WHEN CAST(:dids AS BIGINT) = 1 THEN rollup_wait.did ELSE '' END AS did, bucket, n
  FROM rollup_wait WHERE grain = :grain AND period >= :from_period AND period <= :to_period
) AS waits
GROUP BY campaign, did, bucket;

-- name: sum_queue_waits
SELECT queue, ended, bucket, SUM(n) AS n FROM rollup_queue_wait
WHERE grain = :grain AND period >= :from_period AND period <= :to_period
GROUP BY queue, ended, bucket;

-- name: sum_sources
-- Calls by campaign, number and the label that the number had on the day; with pages, by keyword and landing page, too.
SELECT
  sums.campaign AS id, sums.did, sums.label, sums.word AS keyword, sums.landing AS page, campaign.source,
  campaign.medium, campaign.name,
  SUM(sums.calls) AS calls, SUM(sums.answered) AS answered, SUM(sums.missed) AS missed,
  SUM(sums.left_menu) AS left_menu, SUM(sums.unknown) AS unknown, SUM(sums.missed_abandoned) AS missed_abandoned,
  SUM(sums.missed_short) AS missed_short, SUM(sums.missed_no_answer) AS missed_no_answer,
  SUM(sums.missed_blocked) AS missed_blocked, SUM(sums.missed_voicemail) AS missed_voicemail,
  SUM(sums.missed_menu) AS missed_menu, SUM(sums.missed_closed) AS missed_closed,
  SUM(sums.missed_first) AS missed_first, SUM(sums.offered) AS offered,
  SUM(sums.answered_offered) AS answered_offered, SUM(sums.short) AS short, SUM(sums.closed) AS closed,
  SUM(sums.first_time) AS first_time, SUM(sums.withheld) AS withheld, SUM(sums.waited) AS waited,
  SUM(sums.wait_ms) AS wait_ms, SUM(sums.talk_ms) AS talk_ms, SUM(sums.topics) AS topics, SUM(sums.booked) AS booked
FROM (
  SELECT rollup_source.*, CASE WHEN CAST(:labels AS BIGINT) = 1 THEN COALESCE((
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = rollup_source.did AND number_assignment.valid_from <= rollup_source.day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= rollup_source.day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label,
    CASE WHEN CAST(:pages AS BIGINT) = 1 THEN rollup_source.keyword ELSE '' END AS word,
    CASE WHEN CAST(:pages AS BIGINT) = 1 THEN rollup_source.page ELSE '' END AS landing
  FROM rollup_source WHERE rollup_source.day >= :from_day AND rollup_source.day <= :to_day
) AS sums
LEFT JOIN campaign ON campaign.id = sums.campaign
GROUP BY sums.campaign, sums.did, sums.label, sums.word, sums.landing, campaign.source, campaign.medium, campaign.name;

-- name: sum_hours
SELECT
  day, hour, calls, answered, missed, left_menu, unknown, missed_abandoned, missed_short, missed_no_answer,
  missed_blocked, missed_voicemail, missed_menu, missed_closed
FROM rollup_hour WHERE day >= :from_day AND day <= :to_day
ORDER BY day, hour;

-- name: sum_agents
SELECT
  agent, SUM(answered) AS answered, SUM(talk_ms) AS talk_ms, SUM(hold_ms) AS hold_ms, SUM(outbound) AS outbound,
  SUM(outbound_answered) AS outbound_answered, SUM(outbound_talk_ms) AS outbound_talk_ms, SUM(topics) AS topics,
  SUM(wrap_ms) AS wrap_ms
FROM rollup_agent WHERE day >= :from_day AND day <= :to_day
GROUP BY agent;

-- name: sum_queues
SELECT
  queue, SUM(calls) AS calls, SUM(answered) AS answered, SUM(offered) AS offered,
  SUM(answered_offered) AS answered_offered, SUM(abandoned) AS abandoned, SUM(short) AS short,
  SUM(no_answer) AS no_answer, SUM(blocked) AS blocked, SUM(voicemail) AS voicemail, SUM(waited) AS waited,
  SUM(wait_ms) AS wait_ms, SUM(gave_up) AS gave_up, SUM(gave_up_ms) AS gave_up_ms
FROM rollup_queue WHERE day >= :from_day AND day <= :to_day
GROUP BY queue;

-- name: sum_callbacks
-- Callbacks by the local day they opened, one row a group. A flag of 0 folds its dimension into an empty text.
SELECT
  sums.day, sums.location, sums.source, sums.campaign,
  SUM(sums.opened) AS opened, SUM(sums.still_open) AS still_open, SUM(sums.closed_reached) AS closed_reached,
  SUM(sums.closed_returned) AS closed_returned, SUM(sums.closed_booked) AS closed_booked,
  SUM(sums.closed_manual) AS closed_manual, SUM(sums.closed_expired) AS closed_expired,
  SUM(sums.contact_made) AS contact_made,
  SUM(sums.tried_not_reached) AS tried_not_reached, SUM(sums.never_tried) AS never_tried,
  SUM(sums.tried_15m) AS tried_15m, SUM(sums.tried_1h) AS tried_1h, SUM(sums.tried_same_day) AS tried_same_day,
  SUM(sums.tried_24h) AS tried_24h, SUM(sums.spoke_15m) AS spoke_15m, SUM(sums.spoke_1h) AS spoke_1h,
  SUM(sums.spoke_same_day) AS spoke_same_day, SUM(sums.spoke_24h) AS spoke_24h
FROM (
  SELECT
    CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN rollup_callback.day ELSE '' END AS day,
    CASE WHEN CAST(:by_location AS BIGINT) = 1 THEN rollup_callback.location ELSE '' END AS location,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN COALESCE(campaign.source, '(none)') ELSE '' END AS source,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN COALESCE(campaign.name, '(none)') ELSE '' END AS campaign,
    rollup_callback.opened, rollup_callback.still_open, rollup_callback.closed_reached,
    rollup_callback.closed_returned, rollup_callback.closed_booked, rollup_callback.closed_manual,
    rollup_callback.closed_expired, rollup_callback.contact_made, rollup_callback.tried_not_reached,
    rollup_callback.never_tried, rollup_callback.tried_15m, rollup_callback.tried_1h, rollup_callback.tried_same_day,
    rollup_callback.tried_24h, rollup_callback.spoke_15m, rollup_callback.spoke_1h, rollup_callback.spoke_same_day,
    rollup_callback.spoke_24h
  FROM rollup_callback LEFT JOIN campaign ON campaign.id = rollup_callback.campaign
  WHERE rollup_callback.day >= :from_day AND rollup_callback.day <= :to_day
) AS sums
GROUP BY sums.day, sums.location, sums.source, sums.campaign
ORDER BY sums.day, opened DESC, sums.location, sums.source, sums.campaign;

-- name: sum_callback_daily
-- How soon callbacks were tried and spoken with, by day, location and bucket.
SELECT day, location, 0 AS campaign, bucket, attempt_work, attempt_clock, contact_work, contact_clock
FROM rollup_callback_day
WHERE rollup_callback_day.day >= :from_day AND rollup_callback_day.day <= :to_day;

-- name: sum_callback_days
-- The same over days.
SELECT '' AS day, location, 0 AS campaign, bucket,
  SUM(attempt_work) AS attempt_work, SUM(attempt_clock) AS attempt_clock, SUM(contact_work) AS contact_work,
  SUM(contact_clock) AS contact_clock
FROM rollup_callback_day
WHERE rollup_callback_day.day >= :from_day AND rollup_callback_day.day <= :to_day
GROUP BY location, bucket;

-- name: sum_callback_months
-- The same over months; each campaign apart where by_campaign is 1.
SELECT '' AS day, location, campaign, bucket,
  SUM(attempt_work) AS attempt_work, SUM(attempt_clock) AS attempt_clock, SUM(contact_work) AS contact_work,
  SUM(contact_clock) AS contact_clock
FROM (
  SELECT location, bucket,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN rollup_callback_month.campaign ELSE 0 END AS campaign,
    attempt_work, attempt_clock, contact_work, contact_clock
  FROM rollup_callback_month
  WHERE rollup_callback_month.month >= :from_month AND rollup_callback_month.month <= :to_month
) AS sums
GROUP BY location, campaign, bucket;

-- name: sum_callback_exact
-- The same callback by callback, in ms.
SELECT
  callback_time.opened_day AS day, callback.location, COALESCE(callback.campaign, 0) AS campaign,
  callback_time.attempted_work_ms AS attempt_work, callback_time.contacted_work_ms AS contact_work,
  CASE WHEN callback_time.attempted_ms < callback.opened_ms THEN 0
    ELSE callback_time.attempted_ms - callback.opened_ms END AS attempt_clock,
  CASE WHEN callback_time.contacted_ms < callback.opened_ms THEN 0
    ELSE callback_time.contacted_ms - callback.opened_ms END AS contact_clock
FROM callback_time JOIN callback ON callback.id = callback_time.callback
WHERE callback_time.opened_day >= :from_day AND callback_time.opened_day <= :to_day
  AND NOT (callback.state = 'closed' AND callback.closed_why = 'manual' AND callback.closed_by IS NULL);

-- name: sum_callback_singles
-- The same by campaign, counted callback by callback.
SELECT day, location, campaign, bucket,
  SUM(attempt_work) AS attempt_work, SUM(attempt_clock) AS attempt_clock, SUM(contact_work) AS contact_work,
  SUM(contact_clock) AS contact_clock
FROM (
  SELECT CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN day ELSE '' END AS day, location, campaign,
  attempt_work AS bucket,
    1 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted
  WHERE day >= :from_day AND day <= :to_day AND state <> 'corrected' AND attempt_work IS NOT NULL
  UNION ALL
  SELECT CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN day ELSE '' END AS day, location, campaign,
  attempt_clock AS bucket,
    0 AS attempt_work, 1 AS attempt_clock, 0 AS contact_work, 0 AS contact_clock
  FROM callback_counted
  WHERE day >= :from_day AND day <= :to_day AND state <> 'corrected' AND attempt_clock IS NOT NULL
  UNION ALL
  SELECT CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN day ELSE '' END AS day, location, campaign,
  contact_work AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 1 AS contact_work, 0 AS contact_clock
  FROM callback_counted
  WHERE day >= :from_day AND day <= :to_day AND state <> 'corrected' AND contact_work IS NOT NULL
  UNION ALL
  SELECT CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN day ELSE '' END AS day, location, campaign,
  contact_clock AS bucket,
    0 AS attempt_work, 0 AS attempt_clock, 0 AS contact_work, 1 AS contact_clock
  FROM callback_counted
  WHERE day >= :from_day AND day <= :to_day AND state <> 'corrected' AND contact_clock IS NOT NULL
) AS times
GROUP BY day, location, campaign, bucket;

-- name: sum_opened
-- Callbacks by the campaign, number and label (of the day) of the call that opened them.
SELECT
  campaign.source, campaign.medium, campaign.name, sums.did, sums.label,
  SUM(sums.callbacks_open) AS callbacks_open, SUM(sums.callbacks_reached) AS callbacks_reached
FROM (
  SELECT rollup_opened.*, CASE WHEN CAST(:labels AS BIGINT) = 1 THEN COALESCE((
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = rollup_opened.did AND number_assignment.valid_from <= rollup_opened.day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= rollup_opened.day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label
  FROM rollup_opened WHERE rollup_opened.day >= :from_day AND rollup_opened.day <= :to_day
) AS sums
LEFT JOIN campaign ON campaign.id = sums.campaign
GROUP BY campaign.source, campaign.medium, campaign.name, sums.did, sums.label;

-- name: sum_final_lost$
-- How many callers are lost whose last call of a period was missed.
SELECT COUNT(*) FROM lost_call
WHERE day >= :from_day AND day <= :to_day AND (until = '' OR until > :to_day) AND talk_ms < :reached_ms;

-- name: sum_final_lost_calls
-- Those calls.
SELECT call.party, call.pbx, call.id, call.started_ms FROM lost_call
JOIN call ON call.pbx = lost_call.pbx AND call.id = lost_call.call
WHERE lost_call.day >= :from_day AND lost_call.day <= :to_day
  AND (lost_call.until = '' OR lost_call.until > :to_day) AND lost_call.talk_ms < :reached_ms
ORDER BY call.started_ms, call.pbx, call.id;
