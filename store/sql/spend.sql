-- What the platforms' own exports say that campaigns cost, by day. Amounts are in the currency's smallest unit.

-- name: spend_get^
-- The spend of a platform's campaign on a day, whether a file named it by its id or by its name.
SELECT * FROM platform_spend
WHERE platform = :platform AND account = :account AND day = :day AND (ref = :ref OR (name = :name AND (
  ref = name OR CAST(:ref AS TEXT) = CAST(:name AS TEXT))))
ORDER BY CASE WHEN ref = :ref THEN 0 ELSE 1 END, ref LIMIT 1;

-- name: spend_put!
-- A file told again replaces the day; whose spend it is stays, unless the campaign is called otherwise now.
INSERT INTO platform_spend (platform, account, ref, day, name, cost_minor, currency, campaign, imported_ms)
VALUES (:platform, :account, :ref, :day, :name, :cost_minor, :currency, NULL, :imported_ms)
ON CONFLICT (platform, account, ref, day) DO UPDATE SET
  campaign = CASE WHEN platform_spend.name = excluded.name THEN platform_spend.campaign END,
  name = excluded.name, cost_minor = excluded.cost_minor, currency = excluded.currency,
  imported_ms = excluded.imported_ms;

-- name: spend_match!
UPDATE platform_spend SET campaign = :campaign
WHERE platform = :platform AND name = :name AND (campaign IS NULL OR campaign <> :campaign);

-- name: spend_clash^
-- A cost that a person told of a campaign for a day on which a platform tells one too.
SELECT platform_spend.day, campaign_cost.period FROM platform_spend
JOIN campaign_cost ON campaign_cost.campaign = :campaign
  AND (campaign_cost.period = platform_spend.day OR campaign_cost.period = SUBSTR(platform_spend.day, 1, 7))
WHERE platform_spend.platform = :platform AND platform_spend.name = :name
ORDER BY platform_spend.day LIMIT 1;

-- name: spend_unmatched
-- Spend that is no campaign's of ours yet, by the platform's campaign.
SELECT platform, name, currency, CAST(SUM(cost_minor) AS BIGINT) AS cost_minor, MIN(day) AS first_day,
  MAX(day) AS last_day
FROM platform_spend
WHERE campaign IS NULL AND (CAST(:platform AS TEXT) IS NULL OR platform = CAST(:platform AS TEXT))
GROUP BY platform, name, currency ORDER BY platform, name, currency;

-- name: spend_nobodys
-- The same within a period.
SELECT platform, name, currency, CAST(SUM(cost_minor) AS BIGINT) AS cost_minor, MIN(day) AS first_day,
  MAX(day) AS last_day
FROM platform_spend WHERE campaign IS NULL AND day >= :first AND day <= :last
GROUP BY platform, name, currency ORDER BY platform, name, currency;

-- name: spend_days
-- What platforms told of each day of a period; several accounts and ids of one campaign add up.
SELECT day, campaign, platform, name, currency, CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
FROM platform_spend WHERE day >= :first AND day <= :last
GROUP BY day, campaign, platform, name, currency ORDER BY day, platform, name, currency;

-- name: spend_of_campaign_within^
-- A day of a period for which a platform has told a cost of this campaign.
SELECT platform, day FROM platform_spend
WHERE campaign = :campaign AND day >= :first AND day <= :last ORDER BY day, platform LIMIT 1;

-- name: platform_name_put!
INSERT INTO platform_name (platform, name, campaign, author, at_ms)
VALUES (:platform, :name, :campaign, :author, :at_ms)
ON CONFLICT (platform, name) DO UPDATE SET
  campaign = excluded.campaign, author = excluded.author, at_ms = excluded.at_ms;

-- name: platform_names
-- What people said about the platforms' campaigns.
SELECT * FROM platform_name ORDER BY platform, name;

-- name: campaigns_of_any_name
-- Every campaign that has a name.
SELECT id, source, medium, name FROM campaign WHERE name <> '' ORDER BY id;

-- name: campaign_costs_within
-- Costs that people told, of days and months that touch a period.
SELECT campaign, period, cost_minor, currency FROM campaign_cost
WHERE (LENGTH(period) = 7 AND period >= :first_month AND period <= :last_month)
  OR (LENGTH(period) > 7 AND period >= :first AND period <= :last)
ORDER BY campaign, period;
