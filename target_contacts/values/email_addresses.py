"""Check e-mail addresses by the standard, but allow intranets and test systems.

Importing email-validator costs a tenth of a second; most addresses need no more than a look.
"""

from __future__ import annotations

import email_validator

email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
"""The library's own way to allow their domains; it holds for the whole process."""


def assert_valid(address: str) -> None:
    """Raise ValueError if a text can be no e-mail address; nothing is looked up."""
    email_validator.validate_email(
        address, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True
    )
