-- Who looked at which patient, and who changed or exported what. Times are ms since the epoch, UTC.

-- name: audit_add!
INSERT INTO audit (id, at_ms, person, session, action, kind, ref, detail, address)
VALUES (:id, :at_ms, :person, CAST(:session AS BIGINT), :action, :kind, :ref, :detail, :address);

-- name: audit_list
-- The newest first; a page begins below the id that the last one ended with.
SELECT * FROM audit
WHERE id < COALESCE(CAST(:before AS BIGINT), 9223372036854775807)
  AND (CAST(:person AS TEXT) IS NULL OR person = CAST(:person AS TEXT))
  AND (CAST(:kind AS TEXT) IS NULL OR kind = CAST(:kind AS TEXT))
  AND (CAST(:ref AS TEXT) IS NULL OR ref = CAST(:ref AS TEXT))
ORDER BY id DESC LIMIT :limit;
