-- name: report_sources
-- Figures of inbound patients calls by source, one row a group. A flag of 0 folds its dimension into an empty text;
-- with every flag 0 there is one row, the total. from_ms and to_ms only narrow the search for the index.
WITH chosen AS (
  SELECT
    call.pbx, call.id, call.outcome, call.missed, call.withheld, call.first_time,
    call.offered_ms, call.answered_ms, call.ended_ms,
    CASE WHEN call.withheld = 0 THEN call.party END AS caller,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN COALESCE(campaign.source, '(none)') ELSE '' END AS source,
    CASE WHEN CAST(:by_medium AS BIGINT) = 1 THEN COALESCE(campaign.medium, '(none)') ELSE '' END AS medium,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN COALESCE(campaign.name, '(none)') ELSE '' END AS campaign,
    CASE WHEN CAST(:by_number AS BIGINT) = 1 THEN COALESCE(call.did, '(none)') ELSE '' END AS number,
    CASE WHEN CAST(:by_number AS BIGINT) = 1 THEN COALESCE((
      SELECT number_assignment.label FROM number_assignment
      WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
        AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
      ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label,
    CASE WHEN CAST(:by_source AS BIGINT) + CAST(:by_medium AS BIGINT) + CAST(:by_campaign AS BIGINT) > 0
      AND campaign.id IS NULL THEN 1 ELSE 0 END AS unattributed
  FROM call
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
),
counted AS (
  SELECT
    source, medium, campaign, number, label, unattributed,
    COUNT(*) AS calls,
    SUM(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
    SUM(CASE WHEN missed = 1 THEN 1 ELSE 0 END) AS missed,
    SUM(CASE WHEN outcome = 'left_menu' AND missed = 0 THEN 1 ELSE 0 END) AS left_menu,
    SUM(CASE WHEN outcome = 'unknown' AND missed = 0 THEN 1 ELSE 0 END) AS unknown,
    SUM(CASE WHEN offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS offered,
    SUM(CASE WHEN outcome = 'answered' AND offered_ms IS NOT NULL THEN 1 ELSE 0 END) AS answered_offered,
    SUM(CASE WHEN outcome = 'abandoned' AND ended_ms - offered_ms <= :short_ms THEN 1 ELSE 0 END) AS short,
    COUNT(DISTINCT caller) AS unique_callers,
    COUNT(DISTINCT CASE WHEN first_time = 1 THEN caller END) AS first_time_callers,
    SUM(CASE WHEN withheld = 1 THEN 1 ELSE 0 END) AS withheld
  FROM chosen
  GROUP BY source, medium, campaign, number, label, unattributed
),
waited AS (
  SELECT
    source, medium, campaign, number, label, unattributed,
    answered_ms - offered_ms AS wait_ms,
    ROW_NUMBER() OVER (
      PARTITION BY source, medium, campaign, number, label, unattributed
      ORDER BY answered_ms - offered_ms) AS place,
    COUNT(*) OVER (PARTITION BY source, medium, campaign, number, label, unattributed) AS size
  FROM chosen
  WHERE outcome = 'answered' AND offered_ms IS NOT NULL AND answered_ms IS NOT NULL
),
middle AS (
  SELECT
    source, medium, campaign, number, label, unattributed,
    CAST(SUM(wait_ms) AS DOUBLE PRECISION) / COUNT(*) / 1000 AS median_wait_s
  FROM waited
  WHERE place = (size + 1) / 2 OR place = (size + 2) / 2
  GROUP BY source, medium, campaign, number, label, unattributed
),
opened AS (
  SELECT
    chosen.source, chosen.medium, chosen.campaign, chosen.number, chosen.label, chosen.unattributed,
    SUM(CASE WHEN callback.state <> 'closed' THEN 1 ELSE 0 END) AS callbacks_open,
    SUM(CASE WHEN callback.state = 'closed' AND callback.closed_why IN ('reached', 'returned')
      THEN 1 ELSE 0 END) AS callbacks_reached
  FROM chosen
  JOIN callback_call AS opening ON opening.pbx = chosen.pbx AND opening.call = chosen.id AND opening.role = 'missed'
  JOIN callback ON callback.id = opening.callback
  WHERE NOT EXISTS (
    SELECT 1 FROM callback_call AS earlier
    WHERE earlier.callback = opening.callback AND earlier.role = 'missed'
      AND (earlier.at_ms, earlier.pbx, earlier.call) < (opening.at_ms, opening.pbx, opening.call))
  GROUP BY chosen.source, chosen.medium, chosen.campaign, chosen.number, chosen.label, chosen.unattributed
)
SELECT
  counted.source, counted.medium, counted.campaign, counted.number, counted.label,
  counted.calls, counted.answered, counted.missed, counted.left_menu, counted.unknown,
  counted.offered, counted.short,
  CASE WHEN counted.offered > counted.short
    THEN CAST(counted.answered_offered AS DOUBLE PRECISION) / (counted.offered - counted.short) END AS answer_rate,
  counted.unique_callers, counted.first_time_callers, counted.withheld,
  middle.median_wait_s,
  COALESCE(opened.callbacks_open, 0) AS callbacks_open,
  COALESCE(opened.callbacks_reached, 0) AS callbacks_reached
FROM counted
LEFT JOIN middle ON middle.source = counted.source AND middle.medium = counted.medium
  AND middle.campaign = counted.campaign AND middle.number = counted.number AND middle.label = counted.label
  AND middle.unattributed = counted.unattributed
LEFT JOIN opened ON opened.source = counted.source AND opened.medium = counted.medium
  AND opened.campaign = counted.campaign AND opened.number = counted.number AND opened.label = counted.label
  AND opened.unattributed = counted.unattributed
ORDER BY counted.unattributed, counted.calls DESC, counted.source, counted.medium, counted.campaign, counted.number,
  counted.label;
