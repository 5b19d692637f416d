-- The first pages of a manager and a marketer: hours, costs, and who was lost. Days are the clinic's, both included.

-- name: today_counts^
-- Inbound patients calls that ended, and what became of them.
SELECT COUNT(*) AS calls,
  COALESCE(SUM(CASE WHEN call.outcome = 'answered' THEN 1 ELSE 0 END), 0) AS answered,
  COALESCE(SUM(CASE WHEN call.missed = 1 THEN 1 ELSE 0 END), 0) AS missed,
  COALESCE(SUM(CASE WHEN call.missed = 1 AND call.in_hours = 0 THEN 1 ELSE 0 END), 0) AS missed_closed
FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms;

-- name: today_hours
-- The same by hour of the day, of calls that came while the clinic was open.
SELECT call.local_hour AS hour, COUNT(*) AS calls,
  SUM(CASE WHEN call.outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
  SUM(CASE WHEN call.missed = 1 THEN 1 ELSE 0 END) AS missed
FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.in_hours = 1
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
GROUP BY call.local_hour ORDER BY call.local_hour;

-- name: today_first_call^
-- The call of a period on which somebody rang for the first time, with the campaign that made them ring.
SELECT call.pbx, call.id, attribution.campaign
FROM call LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.party = :party AND call.first_time = 1
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
ORDER BY call.started_ms, call.pbx, call.id LIMIT 1;

-- name: today_waiting^
-- Open callbacks, those that should have been rung by now, and how long ago the latest of them was due.
SELECT COUNT(*) AS waiting,
  COALESCE(SUM(CASE WHEN callback.due_ms <= :now_ms AND COALESCE(callback.snoozed_until_ms, 0) <= :now_ms
    THEN 1 ELSE 0 END), 0) AS late,
  MIN(CASE WHEN callback.due_ms <= :now_ms AND COALESCE(callback.snoozed_until_ms, 0) <= :now_ms
    THEN callback.due_ms END) AS oldest_due_ms
FROM callback WHERE callback.state <> 'closed';

-- name: today_callbacks
-- Open callbacks, all or those that should have been rung by now, the one that was due first at the top.
SELECT * FROM callback_listed AS callback
WHERE callback.state <> 'closed'
  AND (CAST(:late AS BIGINT) = 0
    OR (callback.due_ms <= :now_ms AND COALESCE(callback.snoozed_until_ms, 0) <= :now_ms))
ORDER BY callback.due_ms, callback.id
LIMIT :limit OFFSET :skip;

-- name: calls_by_campaign
-- Inbound patients calls that ended, by campaign; nothing stands for calls of none.
SELECT attribution.campaign, COUNT(*) AS calls
FROM call LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
GROUP BY attribution.campaign;

-- name: costs_within
-- Costs that people gave, of days and months that touch a period.
SELECT campaign, period, cost_minor, currency FROM campaign_cost
WHERE (LENGTH(period) = 10 AND period >= :from_day AND period <= :to_day)
  OR (LENGTH(period) = 7 AND period >= :from_month AND period <= :to_month)
ORDER BY campaign, period;

-- name: costs_of_platforms
-- Costs that the platforms told, by campaign; nothing stands for spend that is nobody's yet.
SELECT campaign, currency, CAST(SUM(cost_minor) AS BIGINT) AS cost_minor FROM platform_spend
WHERE day >= :from_day AND day <= :to_day
GROUP BY campaign, currency ORDER BY campaign, currency;
