-- Advertising off the web: what its numbers brought, before and after it began, and what callers say. Days are ISO text.

-- name: media_campaigns
-- Every campaign with the first day of its first number.
SELECT campaign.id, campaign.source, campaign.medium, campaign.name, (
    SELECT MIN(number_assignment.valid_from) FROM number_assignment WHERE number_assignment.campaign = campaign.id
  ) AS first_day
FROM campaign ORDER BY campaign.id;

-- name: media_numbers
-- Numbers with their campaign (NULL for none) and days.
SELECT did, campaign, valid_from, valid_to FROM number_assignment ORDER BY did, valid_from;

-- name: media_days
-- Calls of each day and campaign, from the sums.
SELECT day, campaign, SUM(calls) AS calls, SUM(answered) AS answered, SUM(first_time) AS first_time,
  SUM(booked) AS booked
FROM rollup_source WHERE day >= :from_day AND day <= :to_day GROUP BY day, campaign ORDER BY day, campaign;

-- name: media_fading
-- Calls of one campaign by day.
SELECT day, SUM(calls) AS calls FROM rollup_source
WHERE day >= :from_day AND day <= :to_day AND campaign = :campaign GROUP BY day;

-- name: media_of_number$
SELECT COALESCE(SUM(calls), 0) FROM rollup_source WHERE day >= :from_day AND day <= :to_day AND did = :did;

-- name: media_of_none$
-- Calls of no campaign, to any number (NULL) or to one.
SELECT COALESCE(SUM(calls), 0) FROM rollup_source
WHERE day >= :from_day AND day <= :to_day AND campaign = 0
  AND (CAST(:did AS TEXT) IS NULL OR did = CAST(:did AS TEXT));

-- name: media_known^
-- The first and the last day of which there are calls.
SELECT MIN(day) AS first_day, MAX(day) AS last_day FROM rollup_hour;

-- name: media_heard
-- What callers say, by the campaign that their call is taken for. from_ms only narrows the search: nobody answers
-- before ringing.
SELECT call_heard.answer, attribution.campaign, COUNT(*) AS answers
FROM call_heard
JOIN call ON call.pbx = call_heard.pbx AND call.id = call_heard.call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call_heard.at_ms >= :from_ms AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
GROUP BY call_heard.answer, attribution.campaign;

-- name: media_heard_calls
-- The very calls on which it was said how they heard of the clinic.
SELECT call.pbx, call.id, call.started_ms, call_heard.answer, attribution.campaign
FROM call_heard
JOIN call ON call.pbx = call_heard.pbx AND call.id = call_heard.call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
WHERE call_heard.at_ms >= :from_ms AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
ORDER BY call.started_ms, call.pbx, call.id;
