"""The doors: settings, assembly, the command line and operator tools. Nothing imports this package."""
