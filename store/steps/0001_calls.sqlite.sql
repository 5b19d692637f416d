-- Words of patients' folded names. Triggers keep them; a number of its own ties a patient to the index, because
-- the row numbers of `patient` may change when the file is compacted.

CREATE TABLE patient_word (
  id INTEGER PRIMARY KEY,
  ref TEXT NOT NULL UNIQUE
);

CREATE VIRTUAL TABLE patient_words USING fts5 (folded, tokenize = 'unicode61', prefix = '2 3');

CREATE TRIGGER patient_words_insert AFTER INSERT ON patient BEGIN
  INSERT INTO patient_word (ref) VALUES (new.ref);
  INSERT INTO patient_words (rowid, folded)
  VALUES ((SELECT id FROM patient_word WHERE ref = new.ref), new.folded);
END;

CREATE TRIGGER patient_words_update AFTER UPDATE OF folded ON patient WHEN new.folded <> old.folded BEGIN
  UPDATE patient_words SET folded = new.folded WHERE rowid = (SELECT id FROM patient_word WHERE ref = new.ref);
END;

CREATE TRIGGER patient_words_delete AFTER DELETE ON patient BEGIN
  DELETE FROM patient_words WHERE rowid = (SELECT id FROM patient_word WHERE ref = old.ref);
  DELETE FROM patient_word WHERE ref = old.ref;
END;
