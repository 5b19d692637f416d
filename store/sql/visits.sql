-- Visits to the web site and what they ended in. Days are local days of the visit, ISO text; times are ms, UTC.

-- name: report_visits
-- One row a group; a flag of 0 folds its dimension into an empty text. An online booking is an appointment that was
-- made online during the visit, or shortly after, by a patient whose number is known from any call or request of the
-- same visitor.
SELECT site, page, source, medium, campaign, day, COUNT(*) AS visits,
  CAST(SUM(CASE WHEN booked = 1 THEN 1 ELSE 0 END) AS BIGINT) AS ended_booking,
  CAST(SUM(CASE WHEN booked = 0 AND calls > 0 THEN 1 ELSE 0 END) AS BIGINT) AS ended_call,
  CAST(SUM(CASE WHEN booked = 0 AND calls = 0 AND asked = 1 THEN 1 ELSE 0 END) AS BIGINT) AS ended_form,
  CAST(SUM(CASE WHEN booked = 0 AND calls = 0 AND asked = 0 THEN 1 ELSE 0 END) AS BIGINT) AS ended_nothing,
  CAST(SUM(calls) AS BIGINT) AS calls
FROM (
  SELECT
    CASE WHEN CAST(:by_site AS BIGINT) = 1 THEN visit.site ELSE '' END AS site,
    CASE WHEN CAST(:by_page AS BIGINT) = 1 THEN visit.page ELSE '' END AS page,
    CASE WHEN CAST(:by_source AS BIGINT) = 1 THEN visit.source ELSE '' END AS source,
    CASE WHEN CAST(:by_medium AS BIGINT) = 1 THEN visit.medium ELSE '' END AS medium,
    CASE WHEN CAST(:by_campaign AS BIGINT) = 1 THEN visit.name ELSE '' END AS campaign,
    CASE WHEN CAST(:by_day AS BIGINT) = 1 THEN visit.local_day ELSE '' END AS day,
    (SELECT COUNT(*) FROM attribution JOIN call ON call.pbx = attribution.pbx AND call.id = attribution.call
     WHERE attribution.visit = visit.id AND attribution.rule = 'visitor' AND call.direction = 'inbound'
       AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '') AS calls,
    CASE WHEN EXISTS (SELECT 1 FROM request WHERE request.visit = visit.id AND request.refused = '')
      THEN 1 ELSE 0 END AS asked,
    CASE WHEN visit.visitor <> '' AND (EXISTS (
        SELECT 1 FROM visit AS own
        JOIN attribution ON attribution.visit = own.id
        JOIN call ON call.pbx = attribution.pbx AND call.id = attribution.call
        JOIN patient_number ON patient_number.number = call.party
        JOIN appointment ON appointment.patient = patient_number.ref
        WHERE own.visitor = visit.visitor AND attribution.visit IS NOT NULL
          AND appointment.channel = 'online' AND appointment.status <> 'proposed'
          AND appointment.created_ms >= visit.started_ms AND appointment.created_ms <= visit.seen_ms + :after_ms)
      OR EXISTS (
        SELECT 1 FROM visit AS own
        JOIN request ON request.visit = own.id
        JOIN callback ON callback.id = request.callback
        JOIN patient_number ON patient_number.number = callback.number
        JOIN appointment ON appointment.patient = patient_number.ref
        WHERE own.visitor = visit.visitor AND request.visit IS NOT NULL
          AND appointment.channel = 'online' AND appointment.status <> 'proposed'
          AND appointment.created_ms >= visit.started_ms AND appointment.created_ms <= visit.seen_ms + :after_ms))
      THEN 1 ELSE 0 END AS booked
  FROM visit
  WHERE visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
) AS told
GROUP BY site, page, source, medium, campaign, day;

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

-- name: report_visits_calls
-- The very calls of visits, oldest first. A text that is NULL is any.
SELECT call.pbx, call.id, call.started_ms
FROM visit
JOIN attribution ON attribution.visit = visit.id AND attribution.rule = 'visitor'
JOIN call ON call.pbx = attribution.pbx AND call.id = attribution.call
WHERE visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1
  AND attribution.visit IS NOT NULL AND call.direction = 'inbound' AND call.kind = 'patient'
  AND call.ended_ms IS NOT NULL AND call.excluded = ''
  AND (CAST(:site AS TEXT) IS NULL OR visit.site = CAST(:site AS TEXT))
  AND (CAST(:page AS TEXT) IS NULL OR visit.page = CAST(:page AS TEXT))
  AND (CAST(:source AS TEXT) IS NULL OR visit.source = CAST(:source AS TEXT))
  AND (CAST(:medium AS TEXT) IS NULL OR visit.medium = CAST(:medium AS TEXT))
  AND (CAST(:campaign AS TEXT) IS NULL OR visit.name = CAST(:campaign AS TEXT))
  AND (CAST(:day AS TEXT) IS NULL OR visit.local_day = CAST(:day AS TEXT))
ORDER BY call.started_ms, call.pbx, call.id;
