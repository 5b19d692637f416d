"""When a call is a target: the sums of target calls are kept by the rule of the settings."""

from typing import TYPE_CHECKING

from commands.common import App

if TYPE_CHECKING:
    from store import Tx
    from store.targets import TargetRule


def wanted(app: App) -> "TargetRule":
    """Return the rule that the settings say."""
    from store.targets import TargetRule
    from wiring import qualities_of

    rules = qualities_of(app.settings)
    return TargetRule(rules.target_s, rules.unique_days, rules.not_target)


def keep(app: App, tx: "Tx") -> bool:
    """Make the sums of target calls anew where the settings say another rule than they were made by; return whether."""
    from store.targets import set_rule

    rule = wanted(app)
    return set_rule(tx, rule.target_s, rule.unique_days, rule.not_target)
