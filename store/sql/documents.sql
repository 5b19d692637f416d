-- What is looked up about twenty rows at a time when they are printed. A list that is shorter repeats its last key.

-- name: document_waits
SELECT * FROM wait WHERE pbx = :pbx AND call IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY call, n;

-- name: document_patients
SELECT call, ref FROM call_patient WHERE pbx = :pbx AND call IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY call, ref;

-- name: document_attributions
SELECT
  attribution.call, attribution.rule, attribution.evidence, attribution.runner_up, attribution.campaign,
  campaign.source, campaign.medium, campaign.name
FROM attribution LEFT JOIN campaign ON campaign.id = attribution.campaign
WHERE attribution.pbx = :pbx AND attribution.call IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
);

-- name: document_topics
-- Newest last, so that the last one read is the one that counts.
SELECT call, topic, category FROM call_topic WHERE pbx = :pbx AND call IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY at_ms, id;

-- name: document_callback_calls
SELECT * FROM callback_call WHERE callback IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY callback, at_ms, pbx, call;

-- name: document_callback_comments
SELECT * FROM callback_comment WHERE callback IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY callback, at_ms, id;

-- name: document_number_patients
SELECT number, ref FROM patient_number WHERE number IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
) ORDER BY number, ref;

-- name: document_campaigns
SELECT id, source, medium, name FROM campaign WHERE id IN (
  :key0, :key1, :key2, :key3, :key4, :key5, :key6, :key7, :key8, :key9, :key10, :key11, :key12, :key13, :key14,
  :key15, :key16, :key17, :key18, :key19
);
