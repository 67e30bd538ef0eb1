"""The package that a customer downloads: one zip to read (`index.html`) and to move (JSON, CSV).

The format is `docs/export-format.md`; its version is `names.SCHEMA`.
"""
