"""Pass, fail and no verdict: each has a sign and a word in every medium, and a colour where there are colours."""

PASS, FAIL, NONE = "✓", "✗", "–"
COLOURS = {PASS: "green", FAIL: "red", NONE: "yellow"}


def signed(holds: bool | None, text: str) -> str:
    """Return a text behind its sign."""
    return f"{NONE if holds is None else PASS if holds else FAIL} {text}"


def colour(text: str) -> str:
    """Return the colour of a text that stands behind a sign; none for any other, or for a lone dash."""
    return COLOURS.get(text[:1], "") if text[1:2] == " " else ""
