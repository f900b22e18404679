"""What others named, before people's eyes: one line, which can neither steer a terminal nor pass for a line of ours.

Whoever carried a camera may have named its files. Printed as it is, a name with a line break in it would say "safe to
wipe" of another file. Never for programs: those are told names as they are.
"""

from ingest.metadata import shown_otherwise


def printable(text: object) -> str:
    """The text, with the number of each character in its place that is not shown as it is stored: `<000a>`."""
    return "".join(f"<{ord(one):04x}>" if shown_otherwise(one) else one for one in str(text))
