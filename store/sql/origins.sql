-- Where appointments came from. Days are local days of the visit.

-- name: report_origins
-- One row a group; a dimension that is not asked for is empty. Currencies are those of visits whose patient came.
WITH origin AS (
  SELECT appointment.status, appointment.start_ms, appointment.cancelled_ms, appointment.value_minor,
    appointment.currency, made.call,
    COALESCE(appointment.channel, CASE WHEN made.call IS NOT NULL THEN 'phone' ELSE 'unknown' END) AS channel,
    CASE
      WHEN made.call IS NOT NULL THEN COALESCE(campaign.source, '(none)')
      WHEN appointment.source IS NOT NULL THEN appointment.source
      WHEN COALESCE(appointment.channel, 'online') = 'online' THEN 'unknown online'
      ELSE '(none)' END AS source,
    CASE
      WHEN made.call IS NOT NULL THEN COALESCE(campaign.medium, '(none)')
      ELSE COALESCE(appointment.medium, '(none)') END AS medium,
    CASE
      WHEN made.call IS NOT NULL THEN COALESCE(campaign.name, '(none)')
      ELSE COALESCE(appointment.campaign, '(none)') END AS campaign,
    CASE WHEN appointment.status IN ('arrived', 'fulfilled') THEN 1 ELSE 0 END AS came,
    CASE WHEN appointment.status = 'cancelled' AND appointment.cancelled_ms > appointment.start_ms - :late_ms
      THEN 1 ELSE 0 END AS late
  FROM appointment
  LEFT JOIN appointment_made_by AS made ON made.appointment = appointment.ref
  LEFT JOIN attribution ON attribution.pbx = made.pbx AND attribution.call = made.call
  LEFT JOIN campaign ON campaign.id = attribution.campaign
  WHERE appointment.local_day >= :from_day AND appointment.local_day <= :to_day AND appointment.status <> 'proposed'
), grouped AS (
  SELECT
    CASE WHEN :by_channel = 1 THEN channel ELSE '' END AS channel,
    CASE WHEN :by_source = 1 THEN source ELSE '' END AS source,
    CASE WHEN :by_medium = 1 THEN medium ELSE '' END AS medium,
    CASE WHEN :by_campaign = 1 THEN campaign ELSE '' END AS campaign,
    CASE WHEN :by_currency = 1 THEN COALESCE(currency, '(none)') ELSE '' END AS currency,
    status, call, came, late, value_minor, currency AS own_currency
  FROM origin
)
SELECT channel, source, medium, campaign, currency,
  COUNT(*) AS appointments,
  CAST(SUM(CASE WHEN call IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS by_calls,
  CAST(SUM(came) AS BIGINT) AS shown,
  CAST(SUM(CASE WHEN status = 'noshow' THEN 1 ELSE 0 END) AS BIGINT) AS no_shows,
  CAST(SUM(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS BIGINT) AS cancelled,
  CAST(SUM(late) AS BIGINT) AS cancelled_late,
  CAST(SUM(CASE WHEN status = 'booked' THEN 1 ELSE 0 END) AS BIGINT) AS to_come,
  CAST(COALESCE(SUM(CASE WHEN came = 1 THEN value_minor ELSE 0 END), 0) AS BIGINT) AS revenue_minor,
  COUNT(DISTINCT CASE WHEN came = 1 AND value_minor IS NOT NULL THEN own_currency END) AS currencies,
  MAX(CASE WHEN came = 1 AND value_minor IS NOT NULL THEN own_currency END) AS one_currency
FROM grouped
GROUP BY 1, 2, 3, 4, 5
ORDER BY appointments DESC, 1, 2, 3, 4, 5;
