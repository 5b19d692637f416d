-- Narrow ways to what reports on people, visits, pools and advertising off the web read.

-- Callers who were not known before, by day.
CREATE INDEX call_first ON call (local_day, started_ms) WHERE first_time = 1;
-- Calls that came from visits to the web site.
CREATE INDEX attribution_by_visit ON attribution (visit) WHERE visit IS NOT NULL;
CREATE INDEX request_by_visit ON request (visit) WHERE visit IS NOT NULL;
CREATE INDEX request_by_day ON request (local_day);
-- Leases that touch some days: those that ran out before are not looked at.
CREATE INDEX lease_by_end ON lease (until_ms, from_ms);
CREATE INDEX call_heard_by_time ON call_heard (at_ms);

-- Appointments by how they were made and when: when they were written down, or, where nobody tells, when the call that
-- made them began. What a callback made that was asked for on the web site was made by the request.
CREATE VIEW appointment_channel AS
SELECT appointment.ref, appointment.created_ms AS made_ms, appointment.patient, appointment.status,
  appointment.value_minor, appointment.currency,
  CASE
    WHEN made.callback IS NOT NULL AND EXISTS (
      SELECT 1 FROM request WHERE request.callback = made.callback AND request.refused = '') THEN 'request'
    WHEN appointment.channel IN ('phone', 'desk', 'online', 'message') THEN appointment.channel
    WHEN made.call IS NOT NULL THEN 'phone'
    ELSE 'unknown' END AS channel
FROM appointment
LEFT JOIN appointment_made_by AS made ON made.appointment = appointment.ref
WHERE appointment.status <> 'proposed' AND appointment.created_ms IS NOT NULL
UNION ALL
SELECT appointment.ref, call.started_ms AS made_ms, appointment.patient, appointment.status,
  appointment.value_minor, appointment.currency,
  CASE
    WHEN made.callback IS NOT NULL AND EXISTS (
      SELECT 1 FROM request WHERE request.callback = made.callback AND request.refused = '') THEN 'request'
    WHEN appointment.channel IN ('phone', 'desk', 'online', 'message') THEN appointment.channel
    ELSE 'phone' END AS channel
FROM appointment
JOIN appointment_made_by AS made ON made.appointment = appointment.ref
JOIN call ON call.pbx = made.pbx AND call.id = made.call
WHERE appointment.status <> 'proposed' AND appointment.created_ms IS NULL;
