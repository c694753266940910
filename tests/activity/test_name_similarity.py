"""Which frequent name a rare one is similar to."""

import pytest

from app.activity.name_similarity import FREQUENT, MIN_RATIO, SimilarNames

NAMES = SimilarNames(
    {
        "email_sent": 4000,
        "step_1_completed": 4000,
        "user_subscribed": 4000,
        "Order Completed": 4000,
        "view": 4000,
        "call jane@acme.com": 4000,
        "login_1234567": 4000,
        "email_seen": FREQUENT,
    }
)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("email_send", "email_sent"),
        ("emial_sent", "email_sent"),
        ("email_snt", "email_sent"),
        ("Email Sent", "email_sent"),
        ("emailSent", "email_sent"),
        ("email-sent", "email_sent"),
        ("emailsent", "email_sent"),
        ("EMAIL_SENT", "email_sent"),
        ("email\u200b_sent", "email_sent"),
        ("order_completed", "Order Completed"),
        ("order_complete", "Order Completed"),
    ],
)
def test_a_misspelt_name_has_a_suggestion(name, suggestion):
    assert NAMES.find(name) == suggestion


@pytest.mark.parametrize(
    "name",
    [
        "email_opened",
        "sms_sent",
        "email_was_sent",
        "user_unsubscribed",
        "step_2_completed",
        "vows",
        "🎉",
        "e" * 200,
    ],
)
def test_another_name_has_none(name):
    assert NAMES.find(name) is None


@pytest.mark.parametrize("name", ["email_sent", "email_seen"])
def test_a_frequent_name_has_none(name):
    assert NAMES.find(name) is None


@pytest.mark.parametrize("name", ["call jame@acme.com", "login_1234568"])
def test_a_name_that_may_be_personal_is_not_suggested(name):
    assert NAMES.find(name) is None


@pytest.mark.parametrize(("count", "suggestion"), [(49, "email_sent"), (50, None)])
def test_a_suggestion_is_much_more_frequent(count, suggestion):
    names = SimilarNames({"email_sent": MIN_RATIO * 50, "email_send": count})

    assert names.find("email_send") == suggestion


def test_the_most_frequent_name_is_suggested():
    names = SimilarNames({"email_send": 3000, "email_sent": 4000})

    assert names.find("email_sen") == "email_sent"
