-- What became of calls, by campaign: callers who booked, and what their visits were worth. Days are those of the call.

-- name: report_bookings
-- One row a campaign, NULL for none; or, without by_campaign, one row of all. A call counts as a booking by its appointments once they are known, by its topic
-- until then. Revenue is of visits whose patient came; one_currency is its currency while there is one only.
WITH counted AS (
  SELECT call.pbx, call.id, call.direction, call.outcome, call.party, call.started_ms, call.ended_ms,
    CASE WHEN :by_campaign = 1 THEN attribution.campaign END AS campaign,
    (SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
     ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1) AS category
  FROM call LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
  WHERE call.started_ms >= :from_ms AND call.started_ms < :to_ms
    AND call.local_day >= :from_day AND call.local_day <= :to_day
    AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''
), judged AS (
  SELECT counted.*,
    CASE WHEN EXISTS (
        SELECT 1 FROM appointment_made_by JOIN appointment ON appointment.ref = appointment_made_by.appointment
        WHERE appointment_made_by.pbx = counted.pbx AND appointment_made_by.call = counted.id
          AND appointment.status NOT IN ('cancelled', 'proposed'))
      OR (counted.category = 'booked' AND NOT EXISTS (
        SELECT 1 FROM appointment_made_by
        WHERE appointment_made_by.pbx = counted.pbx AND appointment_made_by.call = counted.id)
      AND NOT EXISTS (
        SELECT 1 FROM patient_number JOIN appointment ON appointment.patient = patient_number.ref
        WHERE patient_number.number = counted.party AND appointment.created_ms >= counted.started_ms
          AND appointment.created_ms <= counted.ended_ms + 86400000))
      THEN 1 ELSE 0 END AS booked
  FROM counted
), worth AS (
  SELECT judged.campaign, COUNT(*) AS visits,
    CAST(COALESCE(SUM(appointment.value_minor), 0) AS BIGINT) AS revenue_minor,
    COUNT(DISTINCT appointment.currency) AS currencies, MAX(appointment.currency) AS one_currency
  FROM judged
  JOIN appointment_made_by ON appointment_made_by.pbx = judged.pbx AND appointment_made_by.call = judged.id
  JOIN appointment ON appointment.ref = appointment_made_by.appointment
  WHERE appointment.status IN ('arrived', 'fulfilled')
  GROUP BY judged.campaign
), summed AS (
  SELECT judged.campaign,
    COUNT(CASE WHEN judged.direction = 'inbound' THEN 1 END) AS calls,
    COUNT(DISTINCT CASE WHEN judged.outcome = 'answered' AND (judged.booked = 1
      OR COALESCE(judged.category, '') NOT IN (
        'moved', 'cancelled', 'results', 'prescription', 'complaint', 'wrong_number', 'sales_spam'))
      THEN judged.party END) AS talked_callers,
    COUNT(DISTINCT CASE WHEN judged.booked = 1 THEN judged.party END) AS booked_callers
  FROM judged GROUP BY judged.campaign
)
SELECT summed.campaign, COALESCE(campaign.source, '(none)') AS source, COALESCE(campaign.medium, '(none)') AS medium,
  COALESCE(campaign.name, '(none)') AS name, summed.calls, summed.talked_callers, summed.booked_callers,
  COALESCE(worth.visits, 0) AS visits, COALESCE(worth.revenue_minor, 0) AS revenue_minor,
  COALESCE(worth.currencies, 0) AS currencies, worth.one_currency
FROM summed
LEFT JOIN worth ON worth.campaign = summed.campaign OR (worth.campaign IS NULL AND summed.campaign IS NULL)
LEFT JOIN campaign ON campaign.id = summed.campaign
ORDER BY summed.calls DESC, source, medium, name;
