"""What clinics call the columns of a table of patients, in English, Polish, Russian and Spanish.

Compared folded and without spaces, so that `Nr_Telefonu`, `nr telefonu` and `NR TELEFONU` are one heading.
"""

from patients.tables import Column


def _column(name: str, synonyms: str, *, required: bool = False, many: bool = False, instead: str = "") -> Column:
    return Column(name, tuple(synonyms.split(", ")), required, many, instead)


COLUMNS = (
    _column(
        "patient_ref",
        "ref, patient id, id, patient no, patient number, card no, nr pacjenta, id pacjenta, numer pacjenta, nr karty, "
        "numer karty, kartoteka, номер пациента, ид пациента, номер карты, карта, код, id paciente, "
        "número de paciente, historia, número de historia, nº historia",
        required=True,
    ),
    _column(
        "name",
        "patient, patient name, full name, pacjent, imię i nazwisko, nazwisko i imię, пациент, фио, имя и фамилия, "
        "paciente, nombre completo, nombre y apellidos, apellidos y nombre",
        required=True,
        instead="last_name",
    ),
    _column("first_name", "given name, firstname, imię, имя, nombre"),
    _column("last_name", "surname, family name, lastname, nazwisko, фамилия, apellido, apellidos"),
    _column(
        "phones",
        "phone, phone number, phone numbers, telephone, tel, mobile, mobile phone, cell, phone 1, phone 2, home phone, "
        "telefon, telefony, nr telefonu, numer telefonu, numery telefonów, komórka, tel kom, telefon komórkowy, "
        "telefon stacjonarny, телефон, телефоны, номер телефона, мобильный, моб телефон, мобильный телефон, "
        "домашний телефон, teléfono, teléfonos, número de teléfono, móvil, teléfono móvil, teléfono fijo, celular",
        required=True,
        many=True,
    ),
    _column(
        "email",
        "e mail, mail, e-mail address, adres e mail, почта, эл почта, электронная почта, имейл, correo, "
        "correo electrónico",
    ),
    _column(
        "birth_date",
        "date of birth, birthday, born, dob, data urodzenia, дата рождения, fecha de nacimiento, nacimiento",
    ),
    _column("birth_year", "year of birth, rok urodzenia, год рождения, año de nacimiento"),
    _column("sex", "gender, płeć, пол, sexo, género"),
    _column("language", "lang, język, язык, idioma, lengua"),
    _column("guardian_ref", "guardian, guardian id, opiekun, id opiekuna, опекун, representante, tutor"),
    _column(
        "consent_marketing",
        "marketing consent, consent, zgoda marketingowa, zgoda na marketing, zgoda, согласие на рекламу, согласие, "
        "consentimiento, consentimiento comercial",
    ),
    _column("consent_channels", "channels, kanały zgody, kanały, каналы, canales"),
    _column(
        "created_at",
        "created, created on, registered, first visit, data utworzenia, data rejestracji, utworzono, дата создания, "
        "дата регистрации, создан, fecha de alta, alta, creado",
    ),
    _column(
        "updated_at",
        "updated, updated on, modified, data modyfikacji, data zmiany, дата изменения, изменён, "
        "fecha de modificación, modificado",
    ),
    _column(
        "contact_phones",
        "contact phone, emergency contact phone, guardian phone, relative phone, telefon kontaktowy, telefon opiekuna, "
        "telefon rodzica, телефон контактного лица, телефон опекуна, телефон родителя, teléfono de contacto, "
        "teléfono del tutor, teléfono del familiar",
        many=True,
    ),
    _column("active", "is active, aktywny, czy aktywny, активен, активный, activo"),
    _column("merged_into", "merged to, replaced by, scalono z, połączono z, scalony z, объединён с, объединен с, "
                           "fusionado con, unificado con"),
)
