-- How the pool of dynamic numbers is used. Times are ms since the epoch, UTC; days are ISO text.

-- name: report_pool_numbers
-- Numbers of pools, and overflow numbers, on the days of a period.
SELECT did, kind, location, valid_from, valid_to FROM number_assignment
WHERE kind IN ('pool', 'overflow') AND valid_from <= :to_day AND (valid_to IS NULL OR valid_to >= :from_day)
ORDER BY location, did, valid_from;

-- name: report_pool_leases
-- Leases that touch a time, in any order.
SELECT lease.id, did, from_ms, COALESCE(released_ms, until_ms) AS to_ms, overflow, lease.visit FROM lease
WHERE until_ms >= :from_ms AND from_ms < :to_ms AND COALESCE(released_ms, until_ms) >= :from_ms;

-- name: report_pool_hours
-- Visits of people who agreed, by the hour (since the epoch) in which they began.
SELECT location, hour, COUNT(*) AS visits FROM (
  SELECT visit.location, visit.started_ms / 3600000 AS hour FROM visit
  WHERE visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
) AS begun
GROUP BY location, hour;

-- name: report_pool_without
-- Visits of people who agreed that got no number at all.
SELECT visit.id, visit.location, visit.started_ms FROM visit
WHERE visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
  AND NOT EXISTS (SELECT 1 FROM lease WHERE lease.visit = visit.id);

-- name: report_pool_seen$
-- When a page last asked in a period.
SELECT MAX(seen_ms) FROM site_day WHERE local_day >= :from_day AND local_day <= :to_day;

-- name: report_pool_calls
-- Calls joined to visitors by a number of the pool.
SELECT call.did, call.local_day, call.local_hour, COUNT(*) AS calls
FROM call JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call.did IN (SELECT number_assignment.did FROM number_assignment
    WHERE number_assignment.kind IN ('pool', 'overflow') AND number_assignment.valid_from <= :to_day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :from_day))
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND attribution.rule = 'visitor' AND call.direction = 'inbound' AND call.kind = 'patient'
  AND call.ended_ms IS NOT NULL AND call.excluded = ''
GROUP BY call.did, call.local_day, call.local_hour;
