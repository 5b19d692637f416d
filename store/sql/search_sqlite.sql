-- Search of patients with SQLite full-text index. The same names and results as in search_postgres.sql.

-- name: patient_search
-- Patients each of whose query words begins a word of their folded name. The query is folded the same way, words
-- are parted by one blank.
SELECT patient.* FROM patient_words
JOIN patient_word ON patient_word.id = patient_words.rowid
JOIN patient ON patient.ref = patient_word.ref
WHERE patient_words MATCH '"' || replace(replace(:query, '"', ' '), ' ', '"* "') || '"*'
ORDER BY patient.folded, patient.ref
LIMIT :limit OFFSET :offset;
