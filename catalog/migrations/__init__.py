"""The schema's history, one revision a file; run by `catalog.schema`, never by hand."""
