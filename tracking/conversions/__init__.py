"""What ad platforms are told of calls: a click id, a neutral name, a time and perhaps a value.

Never a number, never a name, never what a visit was for. `rules` judges (pure), `gather` reads the facts, `ledger` sees
to it that nothing is told twice, and there is one module for each platform's own form: `google`, `microsoft`, `yandex`,
`ga4`.
"""
