"""One module per command of `callward`: parse, open what is needed, call one function. Imported only when used."""
