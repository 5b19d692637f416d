-- How people came to the clinic, channel by channel. Times are ms since the epoch, UTC; days are ISO text.

-- name: report_channel_requests
-- Requests to be rung back that were taken, with when somebody of the clinic spoke with the person since.
SELECT request.id, request.at_ms, callback.number, CASE WHEN callback_time.contacted_ms >= request.at_ms
  THEN callback_time.contacted_ms END AS contacted_ms, request.site, request.page
FROM request
JOIN callback ON callback.id = request.callback
LEFT JOIN callback_time ON callback_time.callback = callback.id
WHERE request.local_day >= :from_day AND request.local_day <= :to_day AND request.refused = '';

-- name: report_channel_appointments
-- Appointments of each channel by currency, which is empty where no value is known.
SELECT channel, CASE WHEN value_minor IS NULL OR came = 0 THEN '' ELSE COALESCE(currency, '') END AS currency,
  COUNT(*) AS booked, CAST(SUM(came) AS BIGINT) AS shown,
  CAST(SUM(CASE WHEN came = 1 THEN COALESCE(value_minor, 0) ELSE 0 END) AS BIGINT) AS revenue_minor
FROM (
  SELECT appointment_channel.channel, appointment_channel.value_minor, appointment_channel.currency,
    CASE WHEN appointment_channel.status IN ('arrived', 'fulfilled') THEN 1 ELSE 0 END AS came
  FROM appointment_channel
  WHERE appointment_channel.made_ms >= :first_ms AND appointment_channel.made_ms < :last_ms
) AS told
GROUP BY 1, 2;

-- name: report_channel_people
-- Different patients of each channel; those whose patient is not known are nobody here.
SELECT appointment_channel.channel,
  COUNT(DISTINCT CASE WHEN appointment_channel.patient <> '' THEN appointment_channel.patient END) AS people
FROM appointment_channel
WHERE appointment_channel.made_ms >= :first_ms AND appointment_channel.made_ms < :last_ms
GROUP BY appointment_channel.channel;

-- name: report_channel_patients
-- Those patients of one channel.
SELECT DISTINCT appointment_channel.patient FROM appointment_channel
WHERE appointment_channel.channel = :channel AND appointment_channel.patient <> ''
  AND appointment_channel.made_ms >= :first_ms AND appointment_channel.made_ms < :last_ms
ORDER BY appointment_channel.patient;

-- name: report_channel_undated$
-- Appointments of which nobody knows when they were made, by the day of the visit.
SELECT COUNT(*) FROM appointment
WHERE appointment.status <> 'proposed' AND appointment.created_ms IS NULL
  AND appointment.local_day >= :from_day AND appointment.local_day <= :to_day
  AND NOT EXISTS (SELECT 1 FROM appointment_made_by WHERE appointment_made_by.appointment = appointment.ref);

-- name: report_channel_waits
-- How long callers waited for a person: a histogram.
SELECT bucket, SUM(n) AS n FROM rollup_wait
WHERE grain = :grain AND period >= :from_period AND period <= :to_period GROUP BY bucket;

-- name: report_channel_calls^
SELECT COALESCE(SUM(calls), 0) AS calls, COALESCE(SUM(answered), 0) AS answered FROM rollup_hour
WHERE day >= :from_day AND day <= :to_day;
