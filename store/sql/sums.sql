-- What reports read of the roll-ups. Days and periods are ISO text, both ends included.

-- name: sum_callers
-- Different callers by part: calls whose call before was earlier than the first day.
SELECT part, SUM(n) AS n FROM rollup_caller
WHERE scope = :scope AND grain = :grain AND period >= :from_period AND period <= :to_period AND since < :since
GROUP BY part;

-- name: sum_waits
SELECT campaign, did, bucket, SUM(n) AS n FROM rollup_wait
WHERE grain = :grain AND period >= :from_period AND period <= :to_period
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
  SUM(outbound_answered) AS outbound_answered, SUM(outbound_talk_ms) AS outbound_talk_ms, SUM(topics) AS topics
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
