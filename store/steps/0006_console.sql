-- What the console keeps of its own: comments that are being written, and calls started by a click.

CREATE TABLE call_draft (
  person TEXT NOT NULL,
  pbx TEXT NOT NULL,
  call TEXT NOT NULL,
  body TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (person, pbx, call)
);

CREATE INDEX call_draft_by_person ON call_draft (person, at_ms);

CREATE TABLE click (
  id TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  local_day TEXT NOT NULL,
  person TEXT NOT NULL,
  number TEXT NOT NULL,
  phone TEXT NOT NULL,
  callback BIGINT,
  state TEXT NOT NULL
);

CREATE INDEX click_by_day ON click (local_day, person);

-- The board asks for these at every change of a call.
CREATE INDEX leg_open ON leg (number) WHERE ended_ms IS NULL;
