"""What surrounds the figures of a report, in four languages: what is counted by, and the few words of a page."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Literal

from reports.metrics import Names

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

DIMENSIONS: Mapping[str, Names] = {
    "source": Names("Source", "Źródło", "Источник", "Fuente"),
    "medium": Names("Medium", "Medium", "Канал рекламы", "Medio"),
    "campaign": Names("Campaign", "Kampania", "Кампания", "Campaña"),
    "number": Names("Number dialled", "Wybrany numer", "Набранный номер", "Número marcado"),
    "label": Names("Name of the number", "Nazwa numeru", "Название номера", "Nombre del número"),
    "keyword": Names("Keyword", "Słowo kluczowe", "Ключевое слово", "Palabra clave"),
    "landing": Names("Landing page", "Strona wejścia", "Страница входа", "Página de entrada"),
    "landing_page": Names("Landing page", "Strona wejścia", "Страница входа", "Página de entrada"),
    "site": Names("Site", "Witryna", "Сайт", "Sitio web"),
    "page": Names("Page", "Strona", "Страница", "Página"),
    "day": Names("Day", "Dzień", "День", "Día"),
    "week": Names("Week", "Tydzień", "Неделя", "Semana"),
    "month": Names("Month", "Miesiąc", "Месяц", "Mes"),
    "weekday": Names("Day of the week", "Dzień tygodnia", "День недели", "Día de la semana"),
    "hour": Names("Hour", "Godzina", "Час", "Hora"),
    "queue": Names("Queue", "Kolejka", "Очередь", "Cola"),
    "agent": Names("Phone", "Telefon", "Телефон", "Teléfono"),
    "location": Names("Location", "Placówka", "Филиал", "Centro"),
    "channel": Names("Channel", "Kanał", "Канал", "Canal"),
    "reason": Names("Reason", "Powód", "Причина", "Motivo"),
    "topic": Names("Topic", "Temat", "Тема", "Tema"),
    "service": Names("Service", "Usługa", "Услуга", "Servicio"),
    "doctor": Names("Doctor", "Lekarz", "Врач", "Médico"),
    "age": Names("Age", "Wiek", "Возраст", "Edad"),
    "sex": Names("Sex", "Płeć", "Пол", "Sexo"),
    "language": Names("Language", "Język", "Язык", "Idioma"),
    "stage": Names("Stage", "Etap", "Этап", "Etapa"),
    "model": Names("Model", "Model", "Модель", "Modelo"),
    "pool": Names("Pool", "Pula", "Пул", "Grupo de números"),
    "ended": Names("How it ended", "Jak się skończyło", "Чем закончилось", "Cómo terminó"),
    "currency": Names("Currency", "Waluta", "Валюта", "Moneda"),
}
"""The columns of text that rows have."""

NONE = Names("(none)", "(brak)", "(нет)", "(ninguna)")
SAID: Mapping[str, Names] = {
    NONE.en: NONE,
    "(unmatched spend)": Names("(unmatched spend)", "(wydatki bez kampanii)", "(расходы без кампании)",
                               "(gasto sin campaña)"),
    "unknown online": Names("unknown online", "internet, źródło nieznane", "интернет, источник неизвестен",
                            "en línea, origen desconocido"),
}  # fmt: skip
"""What stands in a column of names where there is none of the clinic's own."""
ROW = Names("Row", "Wiersz", "Строка", "Fila")
TOTAL = Names("Total", "Razem", "Всего", "Total")
MEANING = Names("What the figures mean", "Co znaczą liczby", "Что значат цифры", "Qué significan las cifras")
NOTHING = Names("Nothing is to be counted in these days.", "W tych dniach nie ma czego liczyć.",
                "В эти дни считать нечего.", "En estos días no hay nada que contar.")  # fmt: skip
FIRST_ROWS = Names("The chart shows the first rows: {shown} of {all}. The table has them all.",
                   "Wykres pokazuje pierwsze wiersze: {shown} z {all}. Tabela ma wszystkie.",
                   "На диаграмме первые строки: {shown} из {all}. В таблице есть все.",
                   "El gráfico muestra las primeras filas: {shown} de {all}. La tabla las tiene todas.")  # fmt: skip
DIVIDED = Names("Divided by", "Dzielone przez", "Делится на", "Dividido entre")
LEFT_OUT = Names("Left out", "Pominięto", "Не учтено", "Se excluye")
MOST = Names("most in", "najwięcej w", "больше всего в", "lo más alto en")
OF_ALL = Names("in all", "łącznie", "всего", "en total")
PERIOD = Names("Period", "Okres", "Период", "Periodo")
REPORT = Names("Report", "Raport", "Отчёт", "Informe")
FIGURE = Names("Figure", "Liczba", "Показатель", "Cifra")
UNIT = Names("Unit", "Jednostka", "Единица", "Unidad")
MEANS = Names("What it means", "Co znaczy", "Что значит", "Qué significa")
DEFINITIONS = Names("Definitions", "Definicje", "Определения", "Definiciones")
REASONS: Mapping[str, Names] = {
    "price": Names("price", "cena", "цена", "precio"),
    "no_date": Names("no date free", "brak terminu", "нет времени", "sin fecha libre"),
    "doctor_away": Names("doctor away", "lekarz nieobecny", "врача нет", "médico ausente"),
    "not_offered": Names("service not offered", "nie mamy takiej usługi", "нет такой услуги", "servicio no ofrecido"),
    "thinks_over": Names("thinks it over", "zastanowi się", "подумает", "lo pensará"),
    "insurance": Names("insurance", "ubezpieczenie", "страховка", "seguro"),
    "too_far": Names("too far", "za daleko", "далеко", "demasiado lejos"),
}
"""The shipped topics that say why no visit was booked."""
STAGES: Mapping[str, Names] = {
    "awareness": Names("awareness", "świadomość", "узнавание", "conocimiento"),
    "search": Names("search", "poszukiwanie", "поиск", "búsqueda"),
    "choice": Names("choice", "wybór", "выбор", "elección"),
    "care": Names("care", "leczenie", "лечение", "atención"),
    "after-care": Names("after-care", "po leczeniu", "после лечения", "seguimiento"),
}
"""The stages of a patient's journey."""
CHANNELS: Mapping[str, Names] = {
    "phone": Names("phone", "telefon", "телефон", "teléfono"),
    "request": Names("asked to be rung back", "prośba o oddzwonienie", "просьба перезвонить", "pidió llamada"),
    "online": Names("online", "online", "онлайн", "en línea"),
    "desk": Names("desk", "recepcja", "стойка администратора", "mostrador"),
    "message": Names("message", "wiadomość", "сообщение", "mensaje"),
    "import": Names("import", "import", "импорт", "importación"),
    "unknown": Names("unknown", "nieznany", "неизвестно", "desconocido"),
}
"""How people came, and how appointments were made."""
_KNOWN: Mapping[str, Mapping[str, Names]] = {
    "reason": REASONS, "stage": STAGES, "channel": CHANNELS,
    "source": {**SAID, "direct": Names("direct", "wejścia bezpośrednie", "прямые заходы", "directo")},
    "medium": {**SAID, "none": Names("none", "(brak)", "(нет)", "(ninguno)")},
}  # fmt: skip
COMPARED: Mapping[str, Names] = {
    "before": Names("before", "poprzednio", "прежде", "antes"),
    "difference": Names("difference", "różnica", "разница", "diferencia"),
    "change": Names("change", "zmiana", "изменение", "cambio"),
}
COMPARED_WITH = Names("Compared with", "W porównaniu z okresem", "В сравнении с периодом", "Comparado con")
POINTS = Names("pp", "p.p.", "п. п.", "p. p.")
NEW_ROW = Names("only now", "tylko teraz", "только сейчас", "solo ahora")
GONE_ROW = Names("only before", "tylko poprzednio", "только прежде", "solo antes")
UNITS: Mapping[str, Names] = {
    "calls": Names("calls", "połączenia", "звонки", "llamadas"),
    "callers": Names("callers", "dzwoniący", "звонящие", "personas que llaman"),
    "people": Names("people", "osoby", "люди", "personas"),
    "callbacks": Names("callbacks", "oddzwonienia", "перезвоны", "devoluciones de llamada"),
    "appointments": Names("appointments", "wizyty", "записи", "citas"),
    "visits": Names("visits to the site", "odwiedziny strony", "посещения сайта", "visitas a la web"),
    "contacts": Names("contacts", "kontakty", "обращения", "contactos"),
    "leases": Names("leases", "przydziały", "выдачи номеров", "cesiones"),
    "numbers": Names("numbers", "numery", "номера", "números"),
    "per day": Names("per day", "dziennie", "в день", "al día"),
    "times": Names("times", "razy", "раз", "veces"),
    "share": Names("share", "udział", "доля", "proporción"),
    "seconds": Names("seconds", "sekundy", "секунды", "segundos"),
    "minutes": Names("minutes", "minuty", "минуты", "minutos"),
    "hours": Names("hours", "godziny", "часы", "horas"),
    "days": Names("days", "dni", "дни", "días"),
    "money": Names("money", "kwota", "сумма", "importe"),
    "credit": Names("shares of calls", "udziały w połączeniach", "доли звонков", "partes de llamadas"),
}


def dimension(name: str, language: str) -> str:
    """Return what a column of text is called; one that is not known, its own name in plain words."""
    known = DIMENSIONS.get(name)
    return known.in_language(language) if known else name.replace("_", " ").capitalize()


def unit(name: str, language: str) -> str:
    """Return what a figure is counted in."""
    known = UNITS.get(name)
    return known.in_language(language) if known else name


def value(name: str, found: object, language: str) -> str:
    """Return what a cell of text says: a day of the week by its name, nothing as a dash."""
    text = str(found) if found else ""
    known = _KNOWN.get(name, SAID)
    if text in known:
        return known[text].in_language(language)
    if name == "weekday" and text.isdigit() and 1 <= int(text) <= len(weekdays(language)):
        return weekdays(language)[int(text) - 1]
    return SAID[text].in_language(language) if text in SAID else text or "–"


def cell(name: str, found: object, language: str) -> str:
    """Return what a cell of text says to people: as `value`, a day as they write it (20 Nov 2026), in one line."""
    from babel.dates import format_date

    text = str(found or "")
    if name != "day" or not _DAY.fullmatch(text):
        return value(name, found, language)
    said = str(format_date(date.fromisoformat(text), "medium", locale="en_GB" if language == "en" else language))
    return said.replace(" ", "\u00a0")


@cache
def weekdays(language: str, width: Literal["abbreviated", "short"] = "abbreviated") -> tuple[str, ...]:
    """Return the short names of the days of the week, or the shortest, Monday first."""
    from babel.dates import get_day_names

    names = get_day_names(width, locale=language)
    return tuple(names[n] for n in range(7))
