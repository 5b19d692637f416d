-- Where the journal must be read from again, who listens, and when nobody did.

-- name: checkpoint_put!
-- The oldest place in the journal that a call which has not ended still needs.
INSERT INTO checkpoint (pbx, file, position) VALUES (:pbx, :file, :position)
ON CONFLICT (pbx) DO UPDATE SET file = excluded.file, position = excluded.position;

-- name: checkpoint_get^
SELECT file, position FROM checkpoint WHERE pbx = :pbx;

-- name: lease_take!
-- Take or extend the right to listen to an exchange. One row changed means it is ours until then.
INSERT INTO listener_lease (pbx, holder, until_ms) VALUES (:pbx, :holder, :until_ms)
ON CONFLICT (pbx) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
WHERE listener_lease.holder = excluded.holder OR listener_lease.until_ms <= :now_ms;

-- name: lease_get^
SELECT holder, until_ms FROM listener_lease WHERE pbx = :pbx;

-- name: lease_drop!
DELETE FROM listener_lease WHERE pbx = :pbx AND holder = :holder;

-- name: gap_open!
-- From here on nothing was heard of an exchange. An open gap stays as it is, and so does one known already.
INSERT INTO gap (id, pbx, from_ms, to_ms, reason)
SELECT CAST(:id AS BIGINT), CAST(:pbx AS TEXT), CAST(:from_ms AS BIGINT), NULL, CAST(:reason AS TEXT)
WHERE NOT EXISTS (SELECT 1 FROM gap WHERE gap.pbx = :pbx AND (gap.to_ms IS NULL OR gap.from_ms = :from_ms));

-- name: gap_close!
UPDATE gap SET to_ms = :to_ms WHERE pbx = :pbx AND to_ms IS NULL AND from_ms <= :to_ms;

-- name: gaps
-- The gaps of one exchange, or of all when it is NULL, newest first.
SELECT * FROM gap WHERE CAST(:pbx AS TEXT) IS NULL OR pbx = CAST(:pbx AS TEXT)
ORDER BY from_ms DESC, id DESC LIMIT :limit OFFSET :offset;

-- name: gaps_to_fill
-- Gaps that are over since a moment and were not filled in yet, oldest first.
SELECT * FROM gap WHERE pbx = :pbx AND filled_ms IS NULL AND to_ms <= :over_by_ms ORDER BY from_ms, id LIMIT 20;

-- name: gap_filled!
UPDATE gap SET filled_ms = :now_ms WHERE id = :id;

-- name: calls_going_on_since$
-- How many calls that began before a moment are not over.
SELECT COUNT(*) FROM call WHERE pbx = :pbx AND ended_ms IS NULL AND started_ms < :before_ms;
