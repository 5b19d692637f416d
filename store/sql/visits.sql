-- Visits to the web site and what they ended in. Days are local days of the visit, ISO text; times are ms, UTC.

-- name: report_visits
-- One row a group; a flag of 0 folds its dimension into an empty text.
SELECT site, page, source, medium, campaign, day, COUNT(*) AS visits
FROM (
  SELECT
    CASE WHEN CAST(:by_site AS BIGINT) = 1 THEN visit.site ELSE '' END AS site,
    CASE WHEN CAST(:by_page AS BIGINT) = 1 THEN visit.page ELSE '' END AS page,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN visit.source ELSE '' END AS source,
    CASE WHEN CAST(:by_medium AS BIGINT) = 1 THEN visit.medium ELSE '' END AS medium,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN visit.name ELSE '' END AS campaign,
    CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN visit.local_day ELSE '' END AS day
  FROM visit
  WHERE visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
) AS told
GROUP BY site, page, source, medium, campaign, day;

-- name: report_visits_ids^
-- Between which ids visits of a period are: it only narrows what is looked at.
SELECT COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), -1) AS last FROM visit
WHERE local_day >= :from_day AND local_day <= :to_day;

-- name: report_visits_called
-- Visits to which calls are joined, and how many.
SELECT visit.id, visit.site, visit.page, visit.source, visit.medium, visit.name AS campaign, visit.local_day AS day,
  COUNT(*) AS calls
FROM attribution
JOIN visit ON visit.id = attribution.visit
JOIN call ON call.pbx = attribution.pbx AND call.id = attribution.call
WHERE attribution.visit >= :first AND attribution.visit <= :last AND attribution.visit IS NOT NULL
  AND attribution.rule = 'visitor' AND call.direction = 'inbound' AND call.kind = 'patient'
  AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
GROUP BY visit.id, visit.site, visit.page, visit.source, visit.medium, visit.name, visit.local_day;

-- name: report_visits_asked
-- Visits in which somebody asked to be rung back.
SELECT DISTINCT visit.id, visit.site, visit.page, visit.source, visit.medium, visit.name AS campaign,
  visit.local_day AS day
FROM request JOIN visit ON visit.id = request.visit
WHERE request.visit >= :first AND request.visit <= :last AND request.visit IS NOT NULL AND request.refused = ''
  AND visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1;

-- name: report_visits_booked
-- Visits during which, or shortly after, an appointment was made online by a patient whose number is known from any
-- call or request of the same visitor. It begins with the appointments, which are few.
SELECT DISTINCT visit.id, visit.site, visit.page, visit.source, visit.medium, visit.name AS campaign,
  visit.local_day AS day
FROM (
  SELECT appointment.created_ms, own.visitor
  FROM appointment
  CROSS JOIN patient_number
  CROSS JOIN call
  CROSS JOIN attribution
  CROSS JOIN visit AS own
  WHERE appointment.created_ms >= :from_ms AND appointment.created_ms < :to_ms
    AND appointment.channel = 'online' AND appointment.status <> 'proposed'
    AND patient_number.ref = appointment.patient AND call.party = patient_number.number
    AND call.did IN (
      SELECT number_assignment.did FROM number_assignment WHERE number_assignment.kind IN ('pool', 'overflow'))
    AND attribution.pbx = call.pbx AND attribution.call = call.id AND attribution.visit IS NOT NULL
    AND own.id = attribution.visit
  UNION
  SELECT appointment.created_ms, own.visitor
  FROM appointment
  CROSS JOIN patient_number
  CROSS JOIN callback
  CROSS JOIN request
  CROSS JOIN visit AS own
  WHERE appointment.created_ms >= :from_ms AND appointment.created_ms < :to_ms
    AND appointment.channel = 'online' AND appointment.status <> 'proposed'
    AND patient_number.ref = appointment.patient AND callback.number = patient_number.number
    AND request.callback = callback.id AND request.visit IS NOT NULL AND own.id = request.visit
) AS known
CROSS JOIN visit
WHERE visit.visitor = known.visitor AND known.visitor <> ''
  AND visit.started_ms <= known.created_ms AND visit.seen_ms >= known.created_ms - :after_ms
  AND visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1;

-- name: report_pages_asked
-- How often pages asked for a number, and for how many of these nobody agreed to be followed.
SELECT site, page, day, CAST(SUM(asked) AS BIGINT) AS asked, CAST(SUM(unfollowed) AS BIGINT) AS unfollowed
FROM (
  SELECT
    CASE WHEN CAST(:by_site AS BIGINT) = 1 THEN site_day.site ELSE '' END AS site,
    CASE WHEN CAST(:by_page AS BIGINT) = 1 THEN site_day.page ELSE '' END AS page,
    CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN site_day.local_day ELSE '' END AS day,
    site_day.asked, site_day.asked - site_day.leased - site_day.kept - site_day.overflow AS unfollowed
  FROM site_day WHERE site_day.local_day >= :from_day AND site_day.local_day <= :to_day
) AS told
GROUP BY site, page, day;
