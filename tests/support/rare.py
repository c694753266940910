"""A Customer with more Touchpoints than a page searches."""

import pytest

from app.customers.timeline import MAX_SCANNED_TOUCHPOINTS


@pytest.fixture
def rare(cypher, unique):
    """A Customer with more Touchpoints than a page searches. The oldest alone is `rare`."""
    customer = f"cus_{unique}"
    cypher(
        """
        CREATE (customer:Customer {id: $customer, createdAt: datetime()})
        WITH customer
        UNWIND range(0, $count) AS n
        CREATE (customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {
          id: $customer + '/' + n, customerId: $customer,
          event: CASE n WHEN 0 THEN 'rare' ELSE 'other' END,
          timestamp: '2026-01-01T00:00:00Z',
          occurredAt: datetime('2026-01-01T00:00:00Z') + duration({minutes: n}),
          receivedAt: datetime(), resolvedBy: 'email', identifiers: [], properties: '{}'
        })
        """,
        customer=customer,
        count=MAX_SCANNED_TOUCHPOINTS,
    )
    return customer
