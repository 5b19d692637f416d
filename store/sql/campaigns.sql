-- Campaigns, what they cost, and which call belongs to which of them.

-- name: campaign_find$
SELECT id FROM campaign WHERE source = :source AND medium = :medium AND name = :name;

-- name: campaign_get^
SELECT * FROM campaign WHERE id = :id;

-- name: campaign_add!
INSERT INTO campaign (id, source, medium, name) VALUES (:id, :source, :medium, :name);

-- name: campaign_put!
-- What a campaign is called and promises from now on.
UPDATE campaign SET source = :source, medium = :medium, name = :name, content = :content, location = :location,
  promise = :promise
WHERE id = :id;

-- name: campaigns_named
-- The campaigns that are called so, whatever their source.
SELECT * FROM campaign WHERE LOWER(name) = LOWER(CAST(:name AS TEXT)) ORDER BY id;

-- name: campaigns_all
SELECT * FROM campaign ORDER BY id;

-- name: campaigns_list
-- A page of the campaigns with how many numbers they have.
SELECT campaign.id, campaign.source, campaign.medium, campaign.name, campaign.content, campaign.location,
  campaign.promise,
  (SELECT COUNT(DISTINCT number_assignment.did) FROM number_assignment
   WHERE number_assignment.campaign = campaign.id) AS numbers
FROM campaign
ORDER BY campaign.source, campaign.medium, campaign.name
LIMIT :limit OFFSET :offset;

-- name: campaign_cost_totals
-- What a campaign cost by people and by platforms, for each currency, and in how many periods.
SELECT currency, CAST(SUM(cost_minor) AS BIGINT) AS cost_minor, COUNT(*) AS periods FROM (
  SELECT currency, cost_minor FROM campaign_cost WHERE campaign_cost.campaign = :campaign
  UNION ALL
  SELECT currency, cost_minor FROM platform_spend WHERE platform_spend.campaign = :campaign) AS told
GROUP BY currency ORDER BY currency;

-- name: campaign_cost_drop!
DELETE FROM campaign_cost WHERE campaign = :campaign AND period = :period;

-- name: campaign_cost_get^
SELECT * FROM campaign_cost WHERE campaign = :campaign AND period = :period;

-- name: campaign_cost_within$
-- A stored period of the same campaign that covers, or is covered by, another one (month and days).
SELECT period FROM campaign_cost
WHERE campaign = :campaign AND period <> :period
  AND (period = :month OR (period >= :first AND period <= :last AND LENGTH(CAST(:period AS TEXT)) = 7))
ORDER BY period LIMIT 1;

-- name: campaign_cost_put!
INSERT INTO campaign_cost (campaign, period, cost_minor, currency)
VALUES (:campaign, :period, :cost_minor, :currency)
ON CONFLICT (campaign, period) DO UPDATE SET cost_minor = excluded.cost_minor, currency = excluded.currency;

-- name: attribution_get^
SELECT * FROM attribution WHERE pbx = :pbx AND call = :call;

-- name: attribution_put!
INSERT INTO attribution (pbx, call, rule, campaign, evidence, runner_up, decided_ms)
VALUES (:pbx, :call, :rule, :campaign, :evidence, :runner_up, :decided_ms)
ON CONFLICT (pbx, call) DO UPDATE SET
  rule = excluded.rule, campaign = excluded.campaign, evidence = excluded.evidence, runner_up = excluded.runner_up,
  decided_ms = excluded.decided_ms;

-- name: attribution_visit_put!
UPDATE attribution SET visit = :visit WHERE pbx = :pbx AND call = :call;

-- name: attribution_visit$
-- The visit to the web site that a call came from.
SELECT visit FROM attribution WHERE pbx = :pbx AND call = :call;

-- name: request_visit$
-- The visit in which a callback was asked for.
SELECT MIN(visit) FROM request WHERE callback = :callback;

-- name: attribution_drop!
-- It turned out to be no patients call.
DELETE FROM attribution WHERE pbx = :pbx AND call = :call;

-- name: attribution_callbacks
-- The callbacks of a number that were open at a moment, or closed not longer ago than :since, or that this call closed.
SELECT * FROM callback
WHERE number = :number AND (
  (opened_ms <= :at AND (closed_ms IS NULL OR closed_ms >= :since))
  OR (closed_pbx = :pbx AND closed_call = :call))
ORDER BY opened_ms, id;

-- name: attribution_callback_calls
-- The calls of a callback with when they began, what we presented, and the campaign each was joined to.
SELECT callback_call.pbx, callback_call.call, callback_call.role, callback_call.at_ms,
  call.direction, call.started_ms, call.presented_number, call.did, call.local_day, attribution.campaign
FROM callback_call
LEFT JOIN call ON call.pbx = callback_call.pbx AND call.id = callback_call.call
LEFT JOIN attribution ON attribution.pbx = callback_call.pbx AND attribution.call = callback_call.call
WHERE callback_call.callback = :callback
ORDER BY callback_call.at_ms, callback_call.pbx, callback_call.call;
