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

-- name: report_final_lost
-- Callers whose last call of a period was missed and who were not spoken with since, in either direction: counted from
-- the calls, while the sums are those of an older version.
SELECT call.party, call.pbx, call.id, call.started_ms FROM lost_call_fresh AS lost
JOIN call ON call.pbx = lost.pbx AND call.id = lost.call
WHERE lost.day >= :from_day AND lost.day <= :to_day AND (lost.until = '' OR lost.until > :to_day)
  AND lost.talk_ms < :reached_ms
ORDER BY call.started_ms, call.pbx, call.id;

-- name: report_withheld_missed$
-- Missed calls of a period whose caller hid the number.
SELECT COUNT(*) FROM call
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.ended_ms IS NOT NULL
  AND call.missed = 1 AND call.withheld = 1
  AND call.local_day >= :from_day AND call.local_day <= :to_day;
