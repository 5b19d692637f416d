"""Read a generated dialplan back: is every line sound, does every jump arrive, is every tracked number in it?

Only what `callward dialplan generate` writes is understood; any other line is reported. The clinic's own dialplan is
Asterisk's to judge (`asterisk -rx 'dialplan reload'`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dialplan.generate import generate, options_of
from dialplan.numbers import DialplanError, TrackedNumber

_SECTION = re.compile(r"\[([A-Za-z0-9_-]+)\]")
_INCLUDE = re.compile(r"include => ([A-Za-z0-9_-]+)")
_EXTEN = re.compile(r"exten => ([^,\s]+),(\d+|n)(?:\(([A-Za-z0-9_-]+)\))?,([A-Za-z]+)\((.*)\)")
_SAME = re.compile(r" same => (\d+|n)(?:\(([A-Za-z0-9_-]+)\))?,([A-Za-z]+)\((.*)\)")
_COMMENT = re.compile(r";(?!--).*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and in which line (0 when no line is to blame)."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of an extension."""

    line: int
    context: str
    exten: str
    priority: int
    label: str | None
    application: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A file as read: its steps, the contexts it defines and those it includes (name and line), and what is wrong."""

    steps: tuple[Step, ...]
    contexts: frozenset[str]
    includes: tuple[tuple[str, int], ...]
    problems: tuple[Problem, ...]


def check(text: str, numbers: Sequence[TrackedNumber], sections: frozenset[str] | None = None) -> list[Problem]:
    """Return everything wrong with a generated file, in the order of its lines.

    `numbers` are the tracked numbers that should be in it. `sections` are the contexts and queues of the clinic's own
    configuration (`sections_of` reads them): with them, jumps out of the file are checked too.
    """
    plan = read(text)
    problems = [*plan.problems, *_repeated(plan.steps), *_lost(plan, sections)]
    try:
        expected = generate(numbers, options_of(text))
    except DialplanError as error:
        problems.append(Problem(0, str(error)))
    else:
        problems += _differences(plan, read(expected))
    return sorted(problems, key=lambda problem: problem.line)


def sections_of(text: str) -> frozenset[str]:
    """Return the names of the sections of a file of Asterisk's: contexts of extensions.conf, queues of queues.conf."""
    return frozenset(re.findall(r"^\[([^\]\r\n]+)\]", text, re.MULTILINE))


def read(text: str) -> Plan:
    """Read a generated file."""
    steps: list[Step] = []
    contexts: set[str] = set()
    includes: list[tuple[str, int]] = []
    problems: list[Problem] = []
    context = ""
    for number, line in enumerate(text.split("\n"), 1):
        step = _step(line, Step(number, context, "", 0, None, "", ""), steps[-1] if steps else None)
        if section := _SECTION.fullmatch(line):
            context = section.group(1)
            contexts.add(context)
        elif include := _INCLUDE.fullmatch(line):
            includes.append((include.group(1), number))
        elif step is not None:
            steps.append(step)
            problems += _unsound(step)
        elif line and not _COMMENT.fullmatch(line):
            problems.append(Problem(number, f"{line!r} is not a line that `callward dialplan generate` writes."))
    return Plan(tuple(steps), frozenset(contexts), tuple(includes), tuple(problems))


def _step(line: str, blank: Step, before: Step | None) -> Step | None:
    """Read a step into `blank`, which has its line and context; `before` is the step above it."""
    if found := _EXTEN.fullmatch(line):
        exten, priority, label, application, arguments = found.groups()
    elif (found := _SAME.fullmatch(line)) and before is not None and before.context == blank.context:
        exten = before.exten
        priority, label, application, arguments = found.groups()
    else:
        return None
    if priority != "n":
        at = int(priority)
    elif before is not None and (before.context, before.exten) == (blank.context, exten):
        at = before.priority + 1
    else:
        return None
    return replace(blank, exten=exten, priority=at, label=label, application=application, arguments=arguments)


def _unsound(step: Step) -> Iterator[Problem]:
    if not step.context:
        yield Problem(step.line, "stands before the first [context].")
    for opening, closing in ("()", "{}", "[]"):
        depth = 0
        for character in step.arguments:
            depth += (character == opening) - (character == closing)
            if depth < 0:
                break
        if depth:
            yield Problem(step.line, f"{opening} and {closing} do not match in {step.application}.")


def _repeated(steps: Sequence[Step]) -> Iterator[Problem]:
    seen: dict[tuple[str, str, int], int] = {}
    for step in steps:
        first = seen.setdefault((step.context, step.exten, step.priority), step.line)
        if first != step.line:
            yield Problem(step.line, f"{step.exten} has its priority {step.priority} in line {first} already.")


def _lost(plan: Plan, sections: frozenset[str] | None) -> Iterator[Problem]:
    """Find jumps that arrive nowhere."""
    places = {(step.context, step.exten, str(step.priority)) for step in plan.steps}
    places |= {(step.context, step.exten, step.label) for step in plan.steps if step.label}
    for name, line in plan.includes:
        if sections is not None and name not in sections | plan.contexts:
            yield Problem(line, f"there is no context {name}.")
    for step in plan.steps:
        if step.application == "Queue" and sections is not None and step.arguments not in sections:
            yield Problem(step.line, f"there is no queue {step.arguments}.")
        place = _place(step)
        if place is None:
            continue
        if place[0] in plan.contexts:
            if place not in places:
                yield Problem(step.line, f"jumps to {','.join(place)}, which is nowhere.")
        elif sections is not None and place[0] not in sections:
            yield Problem(step.line, f"there is no context {place[0]}.")


def _place(step: Step) -> tuple[str, str, str] | None:
    """Return where a step jumps to, or None when it does not jump."""
    if step.application == "Goto":
        words = step.arguments.split(",")
    elif step.application == "GotoIf":
        words = [step.arguments.rpartition("?")[2]]
    else:
        return None
    context, exten, priority = [step.context, step.exten, ""][: 3 - len(words)] + words
    return context, exten, priority


def _differences(found: Plan, expected: Plan) -> Iterator[Problem]:
    """Compare every entry with what it should be."""
    old, new = _entries(found.steps), _entries(expected.steps)
    for exten in sorted(new.keys() - old.keys()):
        what = "is tracked and has" if exten.startswith("+") else "has"
        yield Problem(0, f"{exten} {what} no entry; generate the file again.")
    for exten, steps in old.items():
        if exten not in new:
            yield Problem(steps[0].line, f"{exten} is not tracked any more; generate the file again.")
        elif [_said(step) for step in steps] != [_said(step) for step in new[exten]]:
            what = "has another campaign or destination by now" if exten.startswith("+") else "is not as it should be"
            yield Problem(steps[0].line, f"{exten} {what}; generate the file again.")
    for name in sorted({name for name, _ in expected.includes} - {name for name, _ in found.includes}):
        yield Problem(0, f'the line "include => {name}" is missing; generate the file again.')


def _entries(steps: Sequence[Step]) -> dict[str, list[Step]]:
    entries: dict[str, list[Step]] = {}
    for step in steps:
        entries.setdefault(step.exten, []).append(step)
    return entries


def _said(step: Step) -> tuple[str, int, str | None, str, str]:
    return step.context, step.priority, step.label, step.application, step.arguments
