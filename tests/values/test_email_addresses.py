"""What is promised of e-mail addresses: taken as they are, or refused."""

from __future__ import annotations

import pytest

from target_contacts.values import convert
from tests.support.values import refusal


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        (" Anna.Mueller+tag@Example.COM\u3000", "Anna.Mueller+tag@Example.COM"),
        ("anna@host.test", "anna@host.test"),
        ("anna@printer.local", "anna@printer.local"),
        ("anna@x.invalid", "anna@x.invalid"),
        ("anna@m\u00fcller.example", "anna@m\u00fcller.example"),
        ("ren\u00e9@example.org", "ren\u00e9@example.org"),
        (
            "\u5c71\u7530@\u4f8b\u3048.\u30c6\u30b9\u30c8",
            "\u5c71\u7530@\u4f8b\u3048.\u30c6\u30b9\u30c8",
        ),
        ("anna@xn--mller-kva.example", "anna@xn--mller-kva.example"),
        ('"anna m"@example.com', '"anna m"@example.com'),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("MAILTO:anna%2Btag@example.com?subject=Hi", "anna+tag@example.com"),
        ("Anna M\u00fcller <anna@example.com>", "anna@example.com"),
        ("M\u00fcller, Anna <anna@example.com>", "anna@example.com"),
        ("'anna@example.com' <anna@example.com>", "anna@example.com"),
        ("< anna@example.com >", "anna@example.com"),
        ("taro..yamada@docomo.ne.jp", "taro..yamada@docomo.ne.jp"),
        ("hana.@docomo.ne.jp", "hana.@docomo.ne.jp"),
        (".h-a..n--a.@ezweb.ne.jp", ".h-a..n--a.@ezweb.ne.jp"),
        ("Hana <hana.@docomo.ne.jp>", "hana.@docomo.ne.jp"),
        ("mailto:a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("anna@localhost", "anna@localhost"),
        ("anna@intranet", "anna@intranet"),
        ("anna@mail_1.example", "anna@mail_1.example"),
        ("anna@example.com;", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("an\x00na@example.com\x07", "anna@example.com"),
        ("mailto:an%00na@example.com", "anna@example.com"),
        ("a" * 250 + "@example.com", "a" * 250 + "@example.com"),
    ],
)
def test_an_address_is_taken_as_it_is(value: str, address: str) -> None:
    """Neither case nor script nor a host that no mail reaches changes it."""
    assert convert.email(value) == address
    assert convert.email(address) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anna",
        "anna@",
        "@example.com",
        "anna@@example.com",
        "anna m@example.com",
        "anna@.example.com",
        "anna@example..com",
        "anna@-example.com",
        "anna@exa mple.com",
        "anna\uff20example.com",
        "anna@example.com, bert@example.com",
        "anna@example.com;bert@example.com",
        "anna@example.com <bert@example.com>",
        "Anna <anna@example.com",
        "anna@" + "a." * 130 + "com",
        "a" * 350 + "@example.com",
        "anna@\ud800.com",
        7,
        True,
    ],
)
def test_what_is_no_address_is_refused(value: object) -> None:
    """The reason says what an address looks like."""
    assert refusal(convert.email, value) == "must be an e-mail address such as anna@example.com"
