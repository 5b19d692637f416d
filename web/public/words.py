"""What patients read at the public door, in four languages."""

from collections.abc import Mapping

LANGUAGES = ("en", "pl", "ru", "es")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "We call you back", "number": "Your telephone number", "name": "Your name (if you like)",
        "send": "Call me back", "privacy": "Privacy notice",
        "consent": "I agree that {clinic} uses my number to call me back about this request.",
        "thanks": "Thank you. We will ring {number} {time}.", "soon": "Thank you. We are ringing you now.",
        "not_a_number": "That is not a telephone number; write it with its area code.",
        "not_permitted": "We cannot ring this number; give another one, or ring us.",
        "too_many": "There were too many requests; please ring us.",
        "off": "Requests are not taken just now; please ring us.",
        "no_consent": "Tick the box: without it we may not use your number.",
        "wrong": "That could not be sent; please ring us.", "back": "Back",
    },
    "pl": {
        "title": "Oddzwonimy do Państwa", "number": "Numer telefonu", "name": "Imię (jeśli Państwo chcą)",
        "send": "Proszę o telefon", "privacy": "Informacja o prywatności",
        "consent": "Zgadzam się, aby {clinic} użyła mojego numeru, żeby oddzwonić w tej sprawie.",
        "thanks": "Dziękujemy. Zadzwonimy pod {number} {time}.", "soon": "Dziękujemy. Właśnie do Państwa dzwonimy.",
        "not_a_number": "To nie jest numer telefonu; proszę podać go z numerem kierunkowym.",
        "not_permitted": "Pod ten numer nie możemy zadzwonić; proszę podać inny albo zadzwonić do nas.",
        "too_many": "Za dużo próśb; prosimy zadzwonić do nas.",
        "off": "W tej chwili nie przyjmujemy próśb; prosimy zadzwonić do nas.",
        "no_consent": "Proszę zaznaczyć zgodę: bez niej nie możemy użyć numeru.",
        "wrong": "Nie udało się wysłać; prosimy zadzwonić do nas.", "back": "Wróć",
    },
    "ru": {
        "title": "Мы вам перезвоним", "number": "Ваш номер телефона", "name": "Ваше имя (если хотите)",
        "send": "Перезвоните мне", "privacy": "О личных данных",
        "consent": "Я согласен (согласна), чтобы {clinic} использовала мой номер, чтобы перезвонить по этой просьбе.",
        "thanks": "Спасибо. Мы позвоним на {number} {time}.", "soon": "Спасибо. Мы уже вам звоним.",
        "not_a_number": "Это не номер телефона; напишите его с кодом города.",
        "not_permitted": "На этот номер мы позвонить не можем; укажите другой или позвоните нам.",
        "too_many": "Слишком много просьб; пожалуйста, позвоните нам.",
        "off": "Сейчас просьбы не принимаются; пожалуйста, позвоните нам.",
        "no_consent": "Отметьте согласие: без него мы не можем использовать ваш номер.",
        "wrong": "Не удалось отправить; пожалуйста, позвоните нам.", "back": "Назад",
    },
    "es": {
        "title": "Le llamamos nosotros", "number": "Su número de teléfono", "name": "Su nombre (si lo desea)",
        "send": "Llámenme", "privacy": "Aviso de privacidad",
        "consent": "Acepto que {clinic} use mi número para devolverme la llamada por esta solicitud.",
        "thanks": "Gracias. Llamaremos al {number} {time}.", "soon": "Gracias. Le estamos llamando ahora.",
        "not_a_number": "Eso no es un número de teléfono; escríbalo con su prefijo.",
        "not_permitted": "No podemos llamar a este número; indique otro o llámenos.",
        "too_many": "Hay demasiadas solicitudes; por favor, llámenos.",
        "off": "Ahora no se aceptan solicitudes; por favor, llámenos.",
        "no_consent": "Marque la casilla: sin ella no podemos usar su número.",
        "wrong": "No se pudo enviar; por favor, llámenos.", "back": "Volver",
    },
}  # fmt: skip

REFUSALS = {
    "not_a_number": "not_a_number", "not_permitted": "not_permitted", "marked": "too_many", "number_cap": "too_many",
    "network_cap": "too_many", "day_cap": "too_many", "switched_off": "off",
}  # fmt: skip
"""Which sentence says a refusal. Who is marked is not told so."""
