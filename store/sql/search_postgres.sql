-- Search of patients in PostgreSQL. The same names and results as in search_sqlite.sql.

-- name: patient_search
-- Patients each of whose query words begins a word of their folded name. The query is folded the same way. Words are
-- parted by anything of ASCII that is neither letter nor digit, as in the index of SQLite.
SELECT patient.* FROM patient
WHERE CAST(:query AS TEXT) ~ '[^ -/:-@[-`{-~]' AND NOT EXISTS (
  SELECT 1
  FROM unnest(regexp_split_to_array(CAST(:query AS TEXT), '[ -/:-@[-`{-~]+')) AS word (part)
  WHERE word.part <> '' AND strpos(
    ' ' || regexp_replace(patient.folded, '[ -/:-@[-`{-~]+', ' ', 'g'), ' ' || word.part) = 0)
ORDER BY patient.folded, patient.ref
LIMIT :limit OFFSET :offset;
