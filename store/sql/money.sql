-- Target calls, bookings and their worth. Days are those of the calls; truth values are 0 and 1.

-- name: target_rule_get^
SELECT target_ms, unique_ms FROM target_rule WHERE id = 1;

-- name: target_rule_put!
UPDATE target_rule SET target_ms = :target_ms, unique_ms = :unique_ms WHERE id = 1;

-- name: target_not_all
SELECT category FROM target_not ORDER BY category;

-- name: target_not_clear!
DELETE FROM target_not;

-- name: target_not_put*!
INSERT INTO target_not (category) VALUES (:category);

-- name: target_before^
-- The nearest target call of the same number before one.
SELECT * FROM target_call
WHERE target_call.party = :party AND target_call.started_ms <= :started_ms
  AND (target_call.started_ms, target_call.pbx, target_call.id) < (:started_ms, :pbx, :id)
  AND target_call.id <> :without
ORDER BY target_call.started_ms DESC, target_call.pbx DESC, target_call.id DESC LIMIT 1;

-- name: target_after^
-- The nearest target call of the same number after one.
SELECT * FROM target_call
WHERE target_call.party = :party AND target_call.started_ms >= :started_ms
  AND (target_call.started_ms, target_call.pbx, target_call.id) > (:started_ms, :pbx, :id)
  AND target_call.id <> :without
ORDER BY target_call.started_ms ASC, target_call.pbx ASC, target_call.id ASC LIMIT 1;

-- name: rollup_target_add*!
INSERT INTO rollup_target (day, campaign, did, keyword, page, targets, uniques)
VALUES (:day, :campaign, :did, :keyword, :page, :targets, :uniques)
ON CONFLICT (day, campaign, did, keyword, page) DO UPDATE SET
  targets = rollup_target.targets + excluded.targets, uniques = rollup_target.uniques + excluded.uniques;

-- name: rollup_target_prune*!
DELETE FROM rollup_target WHERE day = :day AND campaign = :campaign AND did = :did AND keyword = :keyword
  AND page = :page AND targets = 0;

-- name: rollup_target_clear!
DELETE FROM rollup_target;

-- name: rollup_target_all
SELECT * FROM rollup_target ORDER BY day, campaign, did, keyword, page;

-- name: rollup_target_fill!
INSERT INTO rollup_target (day, campaign, did, keyword, page, targets, uniques)
SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh;

-- name: rollup_target_differences$
SELECT COUNT(*) FROM (
  SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh
  EXCEPT
  SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target
  UNION ALL
  SELECT * FROM (
    SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target
    EXCEPT
    SELECT day, campaign, did, keyword, page, targets, uniques FROM rollup_target_fresh
  ) AS kept
) AS different;

-- name: booked_call_is$
-- Whether a call counts as a booking.
SELECT COUNT(*) FROM booked_call WHERE booked_call.pbx = :pbx AND booked_call.id = :call;

-- name: visits_made_by
-- Visits that a call made and whose patient came, with their worth, by currency.
SELECT currency, COUNT(*) AS visits, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor FROM visit_made
WHERE visit_made.pbx = :pbx AND visit_made.id = :call GROUP BY currency;

-- name: booked_topics_near
-- Calls of a patients numbers that somebody noted as booked, and whose time an appointment was written in.
SELECT call.pbx, call.id FROM patient_number JOIN call ON call.party = patient_number.number
WHERE patient_number.ref = :patient AND call.started_ms <= :at_ms AND call.started_ms >= :at_ms - 172800000
  AND EXISTS (
    SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
      AND call_topic.category = 'booked');

-- name: rollup_booking_add*!
INSERT INTO rollup_booking (day, campaign, did, keyword, page, currency, booked, visits, revenue_minor)
VALUES (:day, :campaign, :did, :keyword, :page, :currency, :booked, :visits, :revenue_minor)
ON CONFLICT (day, campaign, did, keyword, page, currency) DO UPDATE SET
  booked = rollup_booking.booked + excluded.booked, visits = rollup_booking.visits + excluded.visits,
  revenue_minor = rollup_booking.revenue_minor + excluded.revenue_minor;

-- name: rollup_booking_prune*!
DELETE FROM rollup_booking WHERE day = :day AND campaign = :campaign AND did = :did AND keyword = :keyword
  AND page = :page AND currency = :currency AND booked = 0 AND visits = 0;

-- name: rollup_booking_clear!
DELETE FROM rollup_booking;

-- name: rollup_booking_all
SELECT * FROM rollup_booking ORDER BY day, campaign, did, keyword, page, currency;

-- name: rollup_booking_fill!
INSERT INTO rollup_booking (day, campaign, did, keyword, page, currency, booked, visits, revenue_minor)
SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh;

-- name: rollup_booking_differences$
SELECT COUNT(*) FROM (
  SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh
  EXCEPT
  SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking
  UNION ALL
  SELECT * FROM (
    SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking
    EXCEPT
    SELECT day, campaign, did, keyword, page, currency, booked, visits, revenue_minor FROM rollup_booking_fresh
  ) AS kept
) AS different;

-- name: sum_targets
-- Target calls by campaign, number, label, keyword and page.
SELECT sums.did, sums.label, sums.keyword, sums.page, campaign.source, campaign.medium, campaign.name,
  CAST(SUM(sums.targets) AS BIGINT) AS targets, CAST(SUM(sums.uniques) AS BIGINT) AS uniques
FROM (
  SELECT rollup_target.*, CASE WHEN CAST(:labels AS BIGINT) = 1 THEN COALESCE((
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = rollup_target.did AND number_assignment.valid_from <= rollup_target.day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= rollup_target.day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label
  FROM rollup_target WHERE rollup_target.day >= :from_day AND rollup_target.day <= :to_day
) AS sums
LEFT JOIN campaign ON campaign.id = sums.campaign
GROUP BY sums.did, sums.label, sums.keyword, sums.page, campaign.source, campaign.medium, campaign.name;

-- name: sum_bookings
-- Bookings and visits by campaign, number, label, keyword, page and currency.
SELECT sums.campaign AS id, sums.did, sums.label, sums.keyword, sums.page, sums.currency, campaign.source,
  campaign.medium, campaign.name, CAST(SUM(sums.booked) AS BIGINT) AS booked,
  CAST(SUM(sums.visits) AS BIGINT) AS visits, CAST(SUM(sums.revenue_minor) AS BIGINT) AS revenue_minor
FROM (
  SELECT rollup_booking.*, CASE WHEN CAST(:labels AS BIGINT) = 1 THEN COALESCE((
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = rollup_booking.did AND number_assignment.valid_from <= rollup_booking.day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= rollup_booking.day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') ELSE '' END AS label
  FROM rollup_booking WHERE rollup_booking.day >= :from_day AND rollup_booking.day <= :to_day
) AS sums
LEFT JOIN campaign ON campaign.id = sums.campaign
GROUP BY sums.campaign, sums.did, sums.label, sums.keyword, sums.page, sums.currency, campaign.source, campaign.medium,
  campaign.name;

-- name: numbers_of_campaigns
-- How many numbers each campaign had in a period, and one of them.
SELECT campaign, COUNT(DISTINCT did) AS numbers, MIN(did) AS did FROM number_assignment
WHERE campaign IS NOT NULL AND valid_from <= :to_day AND (valid_to IS NULL OR valid_to >= :from_day)
GROUP BY campaign;

-- name: opened_from_pages
-- Callbacks by the campaign, number, label, keyword and page of the call that opened them.
SELECT source, medium, name, did, label, keyword, page,
  SUM(CASE WHEN state <> 'closed' THEN 1 ELSE 0 END) AS callbacks_open,
  SUM(CASE WHEN state = 'closed' AND closed_why IN ('reached', 'returned') THEN 1 ELSE 0 END) AS callbacks_reached
FROM (
  SELECT campaign.source, campaign.medium, campaign.name, COALESCE(call.did, '') AS did, callback.state,
    callback.closed_why, COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
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
  LEFT JOIN visit ON visit.id = attribution.visit
  WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND NOT EXISTS (
      SELECT 1 FROM callback_call AS earlier
      WHERE earlier.callback = opening.callback AND earlier.role = 'missed'
        AND (earlier.at_ms, earlier.pbx, earlier.call) < (opening.at_ms, opening.pbx, opening.call))
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
) AS openings
GROUP BY source, medium, name, did, label, keyword, page;

-- name: report_funnel
-- From calls to paid visits, one row a group, and one of all with is_total 1: in each its different people. A flag of 0
-- folds its dimension into an empty text. A call of ours counts where it booked. Who hid the number is counted among
-- calls, not among people.
WITH chosen AS (
  SELECT
    CASE WHEN call.withheld = 0 THEN call.party END AS party,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN COALESCE(campaign.source, '(none)') ELSE '' END AS source,
    CASE WHEN CAST(:by_medium AS BIGINT) = 1 THEN COALESCE(campaign.medium, '(none)') ELSE '' END AS medium,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN COALESCE(campaign.name, '(none)') ELSE '' END AS campaign,
    CASE WHEN CAST(:by_keyword AS BIGINT) = 1 THEN COALESCE(NULLIF(visit.term, ''), '(none)') ELSE '' END AS keyword,
    CASE WHEN CAST(:by_page AS BIGINT) = 1 THEN COALESCE(NULLIF(visit.page, ''), '(none)') ELSE '' END AS page,
    CASE WHEN CAST(:by_source AS BIGINT) + CAST(:by_medium AS BIGINT) + CAST(:by_campaign AS BIGINT) > 0
      AND campaign.id IS NULL THEN 1 ELSE 0 END AS unattributed,
    CASE WHEN call.outcome = 'answered' AND (booked.id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM target_not WHERE target_not.category = (
          SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
          ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)))
      THEN 1 ELSE 0 END AS is_talk,
    CASE WHEN booked.id IS NOT NULL THEN 1 ELSE 0 END AS is_booked,
    CASE WHEN came.id IS NOT NULL THEN 1 ELSE 0 END AS is_came,
    CASE WHEN came.paid > 0 THEN 1 ELSE 0 END AS is_paid
  FROM call
  LEFT JOIN (
    SELECT booked_call.pbx, booked_call.id FROM (
      SELECT appointment_made_by.pbx, appointment_made_by.call FROM appointment_made_by
      UNION
      SELECT call_topic.pbx, call_topic.call FROM call_topic
      WHERE call_topic.category = 'booked' AND call_topic.at_ms >= :from_ms
    ) AS noted CROSS JOIN booked_call
    WHERE booked_call.pbx = noted.pbx AND booked_call.id = noted.call
      AND booked_call.local_day >= :from_day AND booked_call.local_day <= :to_day
      AND booked_call.started_ms >= :from_ms AND booked_call.started_ms < :to_ms
  ) AS booked ON booked.pbx = call.pbx AND booked.id = call.id
  LEFT JOIN (
    SELECT visit_made.pbx, visit_made.id,
      MAX(CASE WHEN visit_made.currency <> '' AND visit_made.revenue_minor > 0 THEN 1 ELSE 0 END) AS paid
    FROM appointment_made_by AS made CROSS JOIN visit_made
    WHERE visit_made.ref = made.appointment AND visit_made.local_day >= :from_day AND visit_made.local_day <= :to_day
    GROUP BY visit_made.pbx, visit_made.id
  ) AS came ON came.pbx = call.pbx AND came.id = call.id
  LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  LEFT JOIN visit ON visit.id = attribution.visit
  WHERE call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
    AND (call.direction = 'inbound' OR booked.id IS NOT NULL)
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.started_ms >= :from_ms AND call.started_ms < :to_ms
), people AS (
  SELECT source, medium, campaign, keyword, page, unattributed, party, COUNT(*) AS rang, MAX(is_talk) AS talked,
    CAST(SUM(is_booked) AS BIGINT) AS booked, CAST(SUM(is_came) AS BIGINT) AS came,
    CAST(SUM(is_paid) AS BIGINT) AS paid
  FROM chosen GROUP BY source, medium, campaign, keyword, page, unattributed, party
), everybody AS (
  SELECT party, SUM(rang) AS rang, MAX(talked) AS talked, SUM(booked) AS booked, SUM(came) AS came, SUM(paid) AS paid
  FROM people GROUP BY party
), counted AS (
  SELECT 0 AS is_total, source, medium, campaign, keyword, page, unattributed,
    SUM(rang) AS rang, COUNT(party) AS rang_callers, COUNT(CASE WHEN talked = 1 THEN party END) AS talked_callers,
    SUM(booked) AS booked, COUNT(CASE WHEN booked > 0 THEN party END) AS booked_callers,
    SUM(came) AS came, COUNT(CASE WHEN came > 0 THEN party END) AS came_callers,
    SUM(paid) AS paid, COUNT(CASE WHEN paid > 0 THEN party END) AS paid_callers
  FROM people GROUP BY source, medium, campaign, keyword, page, unattributed
  UNION ALL
  SELECT 1 AS is_total, '' AS source, '' AS medium, '' AS campaign, '' AS keyword, '' AS page, 1 AS unattributed,
    SUM(rang) AS rang, COUNT(party) AS rang_callers, COUNT(CASE WHEN talked = 1 THEN party END) AS talked_callers,
    SUM(booked) AS booked, COUNT(CASE WHEN booked > 0 THEN party END) AS booked_callers,
    SUM(came) AS came, COUNT(CASE WHEN came > 0 THEN party END) AS came_callers,
    SUM(paid) AS paid, COUNT(CASE WHEN paid > 0 THEN party END) AS paid_callers
  FROM everybody
)
SELECT is_total, source, medium, campaign, keyword, page,
  CAST(COALESCE(rang, 0) AS BIGINT) AS rang, rang_callers, talked_callers,
  CAST(COALESCE(booked, 0) AS BIGINT) AS booked, booked_callers, CAST(COALESCE(came, 0) AS BIGINT) AS came, came_callers,
  CAST(COALESCE(paid, 0) AS BIGINT) AS paid, paid_callers
FROM counted
ORDER BY is_total, unattributed, rang DESC, source, medium, campaign, keyword, page;

-- name: report_not_booked
-- Calls on which somebody noted why no visit was booked, one by one: the reason, the campaign, whether the caller booked
-- on a later call.
SELECT call.pbx, call.id, call.started_ms, CASE WHEN call.withheld = 0 THEN call.party END AS party,
  COALESCE(topic.name, said.topic) AS reason, COALESCE(attribution.campaign, 0) AS campaign,
  COALESCE(campaign.source, '(none)') AS source, COALESCE(campaign.medium, '(none)') AS medium,
  COALESCE(campaign.name, '(none)') AS name,
  CASE WHEN call.withheld = 0 AND EXISTS (
    SELECT 1 FROM booked_call AS later WHERE later.party = call.party AND later.started_ms > call.started_ms
  ) THEN 1 ELSE 0 END AS booked_later
FROM call_topic AS said
JOIN call ON call.pbx = said.pbx AND call.id = said.call
LEFT JOIN topic ON topic.id = said.topic
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE said.category = 'not_booked' AND said.at_ms >= :from_ms
  AND NOT EXISTS (
    SELECT 1 FROM call_topic AS other WHERE other.pbx = said.pbx AND other.call = said.call
      AND (other.at_ms, other.id) > (said.at_ms, said.id))
  AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND call.local_day >= :from_day AND call.local_day <= :to_day
  AND NOT EXISTS (SELECT 1 FROM booked_call WHERE booked_call.pbx = call.pbx AND booked_call.id = call.id)
ORDER BY call.started_ms, call.pbx, call.id;

-- name: worth_of_visits
-- What the visits of a time were worth that the calls of each campaign made, by currency.
SELECT campaign, currency, CAST(SUM(visits) AS BIGINT) AS visits, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor
FROM rollup_booking
WHERE rollup_booking.day >= :from_day AND rollup_booking.day <= :to_day AND currency <> '' AND visits > 0
GROUP BY campaign, currency;

-- name: answered_without_topic$
-- Answered inbound calls of a period of which nobody noted what they were about, and that made no appointment.
SELECT CAST(COALESCE(SUM(rollup_source.answered - rollup_source.topics), 0) AS BIGINT) FROM rollup_source
WHERE rollup_source.day >= :from_day AND rollup_source.day <= :to_day;

-- name: bookings_of_period
-- Calls of a period that booked, oldest first. Only what somebody noted or an appointment names can be one.
SELECT booked_call.pbx, booked_call.id, booked_call.party, booked_call.started_ms, booked_call.campaign,
  COALESCE(campaign.source, '(none)') AS source, COALESCE(campaign.medium, '(none)') AS medium,
  COALESCE(campaign.name, '(none)') AS name
FROM (
    SELECT appointment_made_by.pbx, appointment_made_by.call FROM appointment_made_by
    UNION
    SELECT call_topic.pbx, call_topic.call FROM call_topic
    WHERE call_topic.category = 'booked' AND call_topic.at_ms >= :from_ms
) AS noted CROSS JOIN booked_call
LEFT JOIN campaign ON campaign.id = booked_call.campaign
WHERE booked_call.pbx = noted.pbx AND booked_call.id = noted.call AND booked_call.local_day >= :from_day AND booked_call.local_day <= :to_day
  AND booked_call.started_ms >= :from_ms AND booked_call.started_ms < :to_ms
ORDER BY booked_call.started_ms, booked_call.pbx, booked_call.id;

-- name: visits_of_period
-- Visits that calls of a period made and whose patient came.
SELECT visit_made.pbx, visit_made.id, visit_made.currency, visit_made.revenue_minor
FROM appointment_made_by AS made CROSS JOIN visit_made
WHERE visit_made.ref = made.appointment AND visit_made.local_day >= :from_day AND visit_made.local_day <= :to_day;

-- name: touches_by_calls
-- Calls of everybody who booked in a period, until its end, with how each was attributed, oldest first.
SELECT call.party, call.started_ms, attribution.rule, attribution.visit, campaign.source, campaign.medium, campaign.name
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.started_ms < :to_ms
  AND call.party IN (
    SELECT booked_call.party FROM (
      SELECT appointment_made_by.pbx, appointment_made_by.call FROM appointment_made_by
      UNION
      SELECT call_topic.pbx, call_topic.call FROM call_topic
      WHERE call_topic.category = 'booked' AND call_topic.at_ms >= :from_ms
    ) AS noted CROSS JOIN booked_call
    WHERE booked_call.pbx = noted.pbx AND booked_call.id = noted.call
      AND booked_call.local_day >= :from_day AND booked_call.local_day <= :to_day
      AND booked_call.started_ms >= :from_ms AND booked_call.started_ms < :to_ms)
ORDER BY call.started_ms, call.pbx, call.id;

-- name: touches_by_visits
-- Every visit to the web site of those visitors whose call or request is known to be somebodys who booked.
SELECT linked.party, visit.id, visit.started_ms, visit.source, visit.medium, visit.name
FROM (
  SELECT DISTINCT call.party, seen.visitor, seen.id
  FROM call
  JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  JOIN visit AS seen ON seen.id = attribution.visit
  WHERE call.party IN (
    SELECT booked_call.party FROM (
      SELECT appointment_made_by.pbx, appointment_made_by.call FROM appointment_made_by
      UNION
      SELECT call_topic.pbx, call_topic.call FROM call_topic
      WHERE call_topic.category = 'booked' AND call_topic.at_ms >= :from_ms
    ) AS noted CROSS JOIN booked_call
    WHERE booked_call.pbx = noted.pbx AND booked_call.id = noted.call
      AND booked_call.local_day >= :from_day AND booked_call.local_day <= :to_day
      AND booked_call.started_ms >= :from_ms AND booked_call.started_ms < :to_ms)
) AS linked
JOIN visit ON visit.id = linked.id OR (visit.visitor = linked.visitor AND linked.visitor <> '')
WHERE visit.started_ms < :to_ms
ORDER BY visit.started_ms, visit.id;
