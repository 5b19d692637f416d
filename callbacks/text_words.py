"""What a missed caller is told, and by when, in four languages. Pure: `now` is an argument.

The time is the latest moment at which the clinic means to ring: "today by 14:15". It is told in the clinic's zone, in
words as people of the language say them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "pl", "ru", "es")
PLACEHOLDERS = ("clinic", "time", "link")

TEMPLATES = {
    "en": "{clinic}: sorry that we missed your call. We will ring you back {time}.",
    "pl": "{clinic}: przepraszamy, nie udało się nam odebrać. Oddzwonimy {time}.",
    "ru": "{clinic}: извините, мы не успели ответить. Мы перезвоним {time}.",
    "es": "{clinic}: sentimos no haber atendido su llamada. Le llamaremos {time}.",
}
BOOKING = {
    "en": " You can also book here: {link}",
    "pl": " Wizytę można też umówić tutaj: {link}",
    "ru": " Записаться можно и здесь: {link}",
    "es": " También puede pedir cita aquí: {link}",
}
"""Comes after the clinic's or our own template when there is a booking link and the template does not hold it."""

_SOON = {"en": "soon", "pl": "wkrótce", "ru": "в ближайшее время", "es": "en breve"}
_TODAY = {"en": "today by {clock}", "pl": "dziś do {clock}", "ru": "сегодня до {clock}",
          "es": "hoy antes de {the} {clock}"}
_TOMORROW = {"en": "tomorrow by {clock}", "pl": "jutro do {clock}", "ru": "завтра до {clock}",
             "es": "mañana antes de {the} {clock}"}
_DAY = {"en": "{day} by {clock}", "pl": "{day} do {clock}", "ru": "{day} до {clock}",
        "es": "{day} antes de {the} {clock}"}
_WEEKDAYS = {
    "en": ("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"),
    "pl": ("w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"),
    "ru": ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
    "es": ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado", "el domingo"),
}
_DATES = {"en": "on {day:02}/{month:02}", "pl": "{day}.{month:02}", "ru": "{day}.{month:02}",
          "es": "el {day}/{month:02}"}


def by_when(due_ms: int, now_ms: int, zone: ZoneInfo, language: str) -> str:
    """Return the time by which the clinic will ring, in words; "soon" when that is now or past."""
    if due_ms <= now_ms:
        return _SOON[language]
    due, now = _local(due_ms, zone), _local(now_ms, zone)
    clock = f"{due.hour}:{due.minute:02}"
    the = "la" if due.hour == 1 else "las"
    days = (due.date() - now.date()).days
    if days == 0:
        return _TODAY[language].format(clock=clock, the=the)
    if days == 1:
        return _TOMORROW[language].format(clock=clock, the=the)
    day = _WEEKDAYS[language][due.weekday()] if days < 7 else _DATES[language].format(day=due.day, month=due.month)
    return _DAY[language].format(day=day, clock=clock, the=the)


def compose(own: Mapping[str, str], language: str, values: Mapping[str, str]) -> str:
    """Return the text: the clinic's own template of the language or ours, filled, with the link if there is one."""
    template = own.get(language) or TEMPLATES[language]
    if values.get("link") and "{link}" not in template:
        template += BOOKING[language]
    for name in PLACEHOLDERS:
        template = template.replace(f"{{{name}}}", values.get(name, ""))
    return template.strip()


def _local(ms: int, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone)
