"""The read side: pages, playing and export, always through the catalog's gate."""
