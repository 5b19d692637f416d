-- What is found by these: callbacks that a talk closed and somebody may still have to confirm, the newest callbacks, and
-- the patient of an appointment that names nobody but by name and day of birth.
CREATE INDEX callback_unconfirmed ON callback (unconfirmed_until_ms) WHERE unconfirmed_until_ms IS NOT NULL;
CREATE INDEX callback_by_opening ON callback (opened_ms, id);
CREATE INDEX patient_by_name_and_birth ON patient (folded, birth_date);
