"""Export files of the advertising platforms, as downloaded, in four languages: campaign, days, cost, currency."""

from pathlib import Path

import pytest

from tracking import TrackingError
from tracking.exports import Export, Wanted, read_export
from tracking.written import Span

GOOGLE_EN = """Campaign report
"November 1, 2026 - November 15, 2026"
Day,Campaign status,Campaign,Campaign ID,Currency code,Cost,Clicks
2026-11-14,Enabled,PL | Search | Implants,201,PLN,"1,234.50",80
2026-11-15,Enabled,PL | Search | Implants,201,PLN,0.50,1
2026-11-15,Paused,Total body check,202,PLN,3.00,1
Total: Account, --, --, --,PLN,"1,238.00",82
Total: Campaigns, --, --, --,PLN,"1,238.00",82
"""
GOOGLE_PL = """Raport kampanii
1 listopada 2026 – 15 listopada 2026
Kampania\tStan kampanii\tMiesiąc\tKod waluty\tKoszt
Implanty\tWłączona\tlistopad 2026\tPLN\t1 500,00
Łącznie: konto\t --\t --\tPLN\t1 500,00
"""
GOOGLE_ES = """Informe de campañas
1 de noviembre de 2026 - 3 de noviembre de 2026
Estado de la campaña,Campaña,Código de moneda,Coste
Habilitada,Implantes,EUR,"10,00"
Total: Cuenta, --,EUR,"10,00"
"""
GOOGLE_API = """segments.date,campaign.id,campaign.name,metrics.cost_micros,currency
2026-11-14,201,Implants,1234500000,PLN
"""
MICROSOFT = """"Report Name: Campaigns"
"Report Time: 11/1/2026,11/15/2026"
"Time Zone: (GMT+01:00) Warsaw"
"Last Completed Available Day: 11/15/2026 11:00:00 PM (GMT)"
"Report Aggregation: Daily"
"Potential Incomplete Data: true"
"Rows: 2"

"Gregorian date","Campaign ID","Campaign name","Currency code","Spend"
"11/5/2026","77","Implants","PLN","12.34"
"11/6/2026","77","Implants","PLN","1.00"
"©2026 Microsoft Corporation. All rights reserved. "
"""
META_ES = """Inicio del informe,Fin del informe,Nombre de la campaña,Importe gastado (EUR),Impresiones
2026-11-01,2026-11-03,Pacientes nuevos,"30.00",1000
2026-11-01,2026-11-03,,"30.00",1000
"""
META_PL = """Nazwa kampanii;Dzień;Wydana kwota (PLN);Początek raportowania;Zakończenie raportowania
Nowi pacjenci;2026-11-02;12,5;2026-11-01;2026-11-15
Nowi pacjenci;2026-11-03;7,25;2026-11-01;2026-11-15
"""
META_RU = """Дата начала отчетности,Дата окончания отчетности,Название кампании,Валюта,Сумма затрат (RUB)
2026-11-01,2026-11-01,Новые пациенты,RUB,500
"""
YANDEX_UI = """Общая статистика клиента. Период: 01.11.2026 - 15.11.2026

Дата;Кампания;№ Кампании;Показы;Расход (руб.)
14.11.2026;Импланты;5001;100;1 234,50
15.11.2026;Импланты;5001;10;5,00
Всего с 01.11.2026 по 15.11.2026;;;110;1 239,50
"""
YANDEX_API = """"Costs (2026-11-14 - 2026-11-15)"
Date\tCampaignName\tCampaignId\tCost
2026-11-14\tИмпланты\t5001\t1234500000
2026-11-15\tИмпланты\t5001\t5000000
Total rows: 2
"""


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def reading(text: str, *, encoding: str = "utf-8", **said: str) -> Export:
        file = tmp_path / "export.csv"
        file.write_bytes(text.encode(encoding))
        return read_export(Wanted(file, "PL", "2026-11-22", **said))

    return reading


def told(export: Export) -> list[tuple[str, str, str, str, int, str]]:
    return [(s.ref, s.name, s.span.first, s.span.last, s.minor, s.currency) for s in export.spends]


IMPLANTS = "PL | Search | Implants"
CASES = [
    (GOOGLE_EN, "google_ads", [
        ("201", IMPLANTS, "2026-11-14", "2026-11-14", 123_450, "PLN"),
        ("201", IMPLANTS, "2026-11-15", "2026-11-15", 50, "PLN"),
        ("202", "Total body check", "2026-11-15", "2026-11-15", 300, "PLN"),
    ]),
    (GOOGLE_PL, "google_ads", [("Implanty", "Implanty", "2026-11-01", "2026-11-15", 150_000, "PLN")]),
    (GOOGLE_ES, "google_ads", [("Implantes", "Implantes", "2026-11-01", "2026-11-03", 1_000, "EUR")]),
    (GOOGLE_API, "google_ads", [("201", "Implants", "2026-11-14", "2026-11-14", 123_450, "PLN")]),
    (MICROSOFT, "microsoft_ads", [
        ("77", "Implants", "2026-11-05", "2026-11-05", 1_234, "PLN"),
        ("77", "Implants", "2026-11-06", "2026-11-06", 100, "PLN"),
    ]),
    (META_ES, "meta_ads", [("Pacientes nuevos", "Pacientes nuevos", "2026-11-01", "2026-11-03", 3_000, "EUR")]),
    (META_PL, "meta_ads", [
        ("Nowi pacjenci", "Nowi pacjenci", "2026-11-02", "2026-11-02", 1_250, "PLN"),
        ("Nowi pacjenci", "Nowi pacjenci", "2026-11-03", "2026-11-03", 725, "PLN"),
    ]),
    (META_RU, "meta_ads", [("Новые пациенты", "Новые пациенты", "2026-11-01", "2026-11-01", 50_000, "RUB")]),
    (YANDEX_UI, "yandex_direct", [
        ("5001", "Импланты", "2026-11-14", "2026-11-14", 123_450, "RUB"),
        ("5001", "Импланты", "2026-11-15", "2026-11-15", 500, "RUB"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "platform", "spends"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_an_export_is_read_as_it_was_downloaded(read, text: str, platform: str, spends: list[object]) -> None:  # type: ignore[no-untyped-def]
    export = read(text)
    assert (export.platform, told(export), export.problems) == (platform, spends, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_spreadsheet_encodings_are_recognised(read, encoding: str) -> None:  # type: ignore[no-untyped-def]
    assert len(read(GOOGLE_PL, encoding=encoding).spends) == 1


def test_an_old_code_page_is_recognised(read) -> None:  # type: ignore[no-untyped-def]
    assert read(YANDEX_UI, encoding="cp1251").spends[0].name == "Импланты"


def test_micros_of_an_api_are_recognised_and_the_currency_is_said_by_a_person(read) -> None:  # type: ignore[no-untyped-def]
    assert [s.minor for s in read(YANDEX_API, currency="RUB").spends] == [123_450, 500]
    unnamed = read(YANDEX_API)
    assert unnamed.spends == []
    assert [problem.column for problem in unnamed.problems] == ["currency", "currency"]
    assert "say it with --currency" in unnamed.problems[0].reason


def test_what_the_mark_in_amounts_means_is_told_by_the_whole_column(read) -> None:  # type: ignore[no-untyped-def]
    text = "Campaign status,Campaign,Day,Currency code,Cost\nOn,A,2026-11-01,PLN,{}\nOn,A,2026-11-02,PLN,{}\n"
    assert [s.minor for s in read(text.format('"1,234"', "2.50")).spends] == [123_400, 250]
    assert [s.minor for s in read(text.format('"1,234"', '"2,5"')).spends] == [123, 250]


def test_days_with_slashes_are_read_as_the_file_shows(read) -> None:  # type: ignore[no-untyped-def]
    european = MICROSOFT.replace("11/6/2026", "16/11/2026").replace("11/15/2026", "15/11/2026")
    assert [s.span.first for s in read(european).spends] == ["2026-05-11", "2026-11-16"]


def test_what_cannot_be_read_is_said_with_its_line(read) -> None:  # type: ignore[no-untyped-def]
    broken = GOOGLE_EN.replace("0.50", "many").replace("2026-11-14,En", "someday,En")
    assert [(p.line, p.column) for p in read(broken).problems] == [(4, "day"), (5, "cost")]


def test_a_day_to_come_costs_nothing_yet(read) -> None:  # type: ignore[no-untyped-def]
    assert [p.reason for p in read(GOOGLE_EN.replace("2026-11-15,Paused", "2026-12-15,Paused")).problems] == [
        '"2026-12-15" is still to come'
    ]
    running = "Campaign status,Campaign,Month,Currency code,Cost\nOn,A,2026-11,PLN,22.00\n"
    assert read(running).spends[0].span == Span("2026-11-01", "2026-11-22")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Name,Day\nA,2026-11-01\n", "has no column of costs"),
        ("Cost,Day,Campaign status\n1.00,2026-11-01,On\n", "has no column of campaigns"),
        ("Campaign status,Campaign,Cost,Currency\nOn,A,1.00,PLN\n", "does not say when the money was spent"),
        ("Campaign,Day,Cost,Currency\nA,2026-11-01,1.00,PLN\n", "say so with --platform"),
        ("", "has no column of costs"),
    ],
)
def test_what_is_no_export_is_refused_with_the_way_out(read, text: str, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrackingError, match=sentence):
        read(text)


def test_a_plain_table_is_read_when_a_person_says_whose_it_is(read) -> None:  # type: ignore[no-untyped-def]
    assert read("Campaign,Day,Cost,Currency\nA,2026-11-01,1.00,PLN\n", platform="google_ads").spends[0].minor == 100
