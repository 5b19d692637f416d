"""`callward journey`: every touch of a caller or a patient, in order."""

import click

from commands.common import App, json_option, pass_app, plain, print_json, say

_KINDS = {
    "visit": "visit to the site", "call": "call", "our_call": "our call", "request": "asked to be rung back",
    "callback": "callback", "comment": "comment", "topic": "topic", "appointment": "appointment",
}  # fmt: skip
_MODELS = {
    "first": "first touch", "last": "last touch", "last_non_direct": "last touch that was not direct",
    "linear": "all alike", "position_based": "40 % first, 40 % last, the rest between",
}  # fmt: skip


@click.command()
@click.argument("who", metavar="NUMBER|PATIENT")
@json_option
@pass_app
def journey(app: App, who: str, as_json: bool) -> None:
    """Tell a patient's way from the first touch to the visit, and after.

    NUMBER is a caller's, PATIENT the reference of a patient. The shares say what each source gets of the booking by
    five models; they are computed now and change nothing that is stored.

    Example: callward journey +48501000206
    """
    from patients.phones import e164
    from tracking.campaigns import from_minor
    from tracking.journey_gather import document, journey_of_number, journey_of_patient

    with app.store() as store, store.read() as tx:
        if tx.one("patient_get", ref=who) is not None:
            found = journey_of_patient(tx, who)
        elif (number := e164(who, app.clinic.country)) is not None:
            found = journey_of_number(tx, number)
        else:
            raise click.ClickException(
                f'"{plain(who)}" is neither a number nor a patient; `callward patients find` looks patients up.'
            )
    if as_json:
        print_json({"who": who, **document(found, personal=True)})
        return
    rows = [
        (app.show_time(step.touch.at_ms), ", ".join(step.stages), _KINDS[step.touch.kind],
         "" if step.touch.source is None else _name(step.touch.source.source, step.touch.source.medium,
                                                    step.touch.source.name),
         step.touch.text or step.touch.detail,
         "" if step.touch.value_minor is None or step.touch.currency is None
         else from_minor(step.touch.value_minor, step.touch.currency), step.touch.ref)
        for step in found.steps
    ]  # fmt: skip
    columns = ("Time", "Stage", "Touch", "Source", "What", "Value", "Ref")
    app.print_table(columns, rows, empty="Nothing is known of them yet.", spare=("Ref", "Value"))
    for model, credit in found.credit.items():
        if credit:
            parts = (f"{_name(one.source, one.medium, one.name)} {share:.0%}" for one, share in credit.items())
            say(f"{_MODELS[model]}: {plain('; '.join(parts))}")
    if rows and found.booked_ms is None:
        say("There is no appointment yet; the shares are of what led here so far.")


def _name(source: str, medium: str, name: str) -> str:
    return " / ".join(part for part in (source, medium, name) if part)
