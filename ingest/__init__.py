"""The write side: uploads are received, sealed, catalogued, receipted and prepared for playing."""
