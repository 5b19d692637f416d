-- What the dialplan needs to know.

-- name: dialplan_numbers
-- The tracked numbers of a local day, with what stands in the dialplan.
SELECT did, label, campaign, destination
FROM number_assignment
WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)
ORDER BY did;
