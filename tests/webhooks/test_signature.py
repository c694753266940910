"""Signatures, verified by the library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.webhooks import signature
from tests.support.webhook_receiver import new_secret

BODY = '{"name": "Zoë"}'.encode()


def signed(*secrets, at=None):
    seconds = int(time.time()) if at is None else at
    return signature.headers(
        signature.parse_secrets("\n".join(secrets)), "mrg_1-merge", seconds, BODY
    )


@pytest.mark.parametrize("size", [24, 64])
def test_a_signature_is_verified(size):
    secret = f"whsec_{base64.b64encode(bytes(range(size))).decode()}"

    assert Webhook(secret).verify(BODY, signed(secret)) == {"name": "Zoë"}


def test_each_of_several_secrets_verifies():
    old, new = new_secret(), new_secret()
    headers = signed(new, old)

    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)


def test_another_secret_does_not_verify():
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, signed(new_secret()))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_a_changed_header_does_not_verify(name):
    secret = new_secret()
    changed = {"webhook-id": "mrg_2-merge", "webhook-timestamp": str(int(time.time()))}
    headers = signed(secret, at=int(time.time()) - 60) | {name: changed[name]}

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_blank_lines_are_no_secrets():
    secret = new_secret()

    assert signature.parse_secrets(f"\n{secret}\r\n\n") == signature.parse_secrets(secret)


@pytest.mark.parametrize(
    "text",
    [
        "",
        base64.b64encode(bytes(32)).decode(),
        "whsec_",
        "whsec_not base64",
        f"whsec_{base64.b64encode(bytes(23)).decode()}",
        f"whsec_{base64.b64encode(bytes(65)).decode()}",
        f"whsec_{base64.b64encode(bytes(32)).decode()}\nx",
    ],
)
def test_a_text_with_anything_else_is_rejected(text):
    with pytest.raises(ValueError, match="must have a secret in each line"):
        signature.parse_secrets(text)
