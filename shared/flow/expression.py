"""Expressions of conditions, as far as a flow can judge them without evaluating."""

LONGEST = 4_096


def complaint(expression: str) -> str | None:
    """What is wrong with an expression, or None."""
    if not expression.strip():
        return "expected an expression, came empty text"
    if len(expression) > LONGEST:
        return f"expected at most {LONGEST:,} characters, came {len(expression):,}"
    return None
