-- What `callward doctor` looks at.

-- name: doctor_assignments
-- Every assignment of a number, in the order in which overlaps show.
SELECT number_assignment.did, number_assignment.label, number_assignment.kind, number_assignment.campaign,
  number_assignment.valid_from, number_assignment.valid_to
FROM number_assignment ORDER BY number_assignment.did, number_assignment.valid_from, number_assignment.id;

-- name: doctor_calls^
SELECT count(*) AS calls, max(call.started_ms) AS last_ms FROM call WHERE call.kind = 'patient';
