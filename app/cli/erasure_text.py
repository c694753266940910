"""The texts of the command that erases Customers."""

from app.customers.context import Context
from app.identity.erasure import Erasure
from app.identity.erasure_suppression import HOLD_SECONDS

MAX_SHOWN_IDENTIFIERS = 20  # per Customer


def describe(customer: str, context: Context | None) -> str:
    """The data to erase; without a context, the erasure of the Customer has begun before."""
    if context is None:
        return f"{customer}: erasure already requested"
    merged = [other.customer_id for other in context.merged]
    texts = [f"{identifier.kind} {identifier.value}" for identifier in context.identifiers]
    hidden = len(texts) - MAX_SHOWN_IDENTIFIERS
    more = f" and {hidden:,} more" if hidden > 0 else ""
    lines = [
        customer + (f", with {', '.join(merged)} merged into it" if merged else ""),
        f"  {len(texts):,} identifiers: {', '.join(texts[:MAX_SHOWN_IDENTIFIERS])}{more}",
        f"  {touchpoints(context):,} touchpoints",
    ]
    if context.first_seen:
        lines[-1] += f" from {context.first_seen} to {context.last_seen}"
    return "\n".join(lines)


def report(erasure: Erasure) -> str:
    """The result of an erasure."""
    held = (
        ""
        if erasure.finished_at
        else f"\nThe service checks after {HOLD_SECONDS:.0f} s that no event in flight brought the "
        "person back. If no service runs, run the command again then."
    )
    return (
        f"{erasure.erasure_id}: {', '.join(erasure.customers)} erased at {erasure.at}: "
        f"{erasure.identifiers:,} identifiers, {erasure.touchpoints:,} touchpoints; "
        f"{erasure.redacted:,} events of other Customers redacted{held}"
    )


def touchpoints(context: Context) -> int:
    """The number of Touchpoints of a Customer."""
    return sum(event.count for event in context.events)
