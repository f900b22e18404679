"""Bytes to proof: digests, manifests, tokens, the log, the vault, bundles and their verification.

Knows no HTTP, no SQL, no case and no codec; whatever needs one of those is handed in.
"""
