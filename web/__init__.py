"""The console: an aiohttp application of pages that are rendered here and served from here; nothing leaves the clinic.

Every route is closed unless its handler declares who may use it (`web.rights`). Pages are templates, made live by htmx
and small modules of our own. Handlers read and write the store in threads (`web.context`).
"""
