-- Tracked numbers: which campaign a DID belonged to on which local days. Both ends of a period are included.

-- name: number_put!
INSERT INTO number_assignment (id, did, label, kind, location, campaign, valid_from, valid_to, destination)
VALUES (:id, :did, :label, :kind, :location, :campaign, :valid_from, :valid_to, :destination)
ON CONFLICT (id) DO UPDATE SET
  label = excluded.label, kind = excluded.kind, location = excluded.location, valid_to = excluded.valid_to,
  destination = excluded.destination;

-- name: numbers_of_did
-- All assignments of one DID, ever.
SELECT number_assignment.*, campaign.source, campaign.medium, campaign.name AS campaign_name
FROM number_assignment LEFT JOIN campaign ON campaign.id = number_assignment.campaign
WHERE number_assignment.did = :did
ORDER BY number_assignment.valid_from, number_assignment.id;

-- name: number_on^
-- The assignment of a DID on a local day. Overlaps are refused, so there is one at most.
SELECT number_assignment.*, campaign.source, campaign.medium, campaign.name AS campaign_name
FROM number_assignment LEFT JOIN campaign ON campaign.id = number_assignment.campaign
WHERE number_assignment.did = :did AND number_assignment.valid_from <= :day
  AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :day)
ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC
LIMIT 1;

-- name: number_get^
SELECT number_assignment.*, campaign.source, campaign.medium, campaign.name AS campaign_name
FROM number_assignment LEFT JOIN campaign ON campaign.id = number_assignment.campaign
WHERE number_assignment.id = :id;

-- name: numbers_list
-- A page of the assignments, all or those of one local day.
SELECT number_assignment.*, campaign.source, campaign.medium, campaign.name AS campaign_name
FROM number_assignment LEFT JOIN campaign ON campaign.id = number_assignment.campaign
WHERE CAST(:day AS TEXT) IS NULL
  OR (number_assignment.valid_from <= CAST(:day AS TEXT)
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= CAST(:day AS TEXT)))
ORDER BY number_assignment.did, number_assignment.valid_from, number_assignment.id
LIMIT :limit OFFSET :offset;

-- name: number_drop!
DELETE FROM number_assignment WHERE id = :id;

-- name: number_change_put!
INSERT INTO number_change (id, assignment, did, said, author, at_ms)
VALUES (:id, :assignment, :did, :said, :author, :at_ms);

-- name: number_changes
-- What people changed about a number, oldest first.
SELECT * FROM number_change WHERE did = :did ORDER BY id;

-- name: numbers_count$
SELECT COUNT(*) FROM number_assignment;
