"""Check records against the schema of their own stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs

from tap_contacts.apis.plugin import InputError
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping


def _nothing_else(address: str) -> NoReturn:
    """Refuse to read a schema that another one refers to: an address may lead anywhere."""
    raise ValueError(address)


class RecordValidator:
    """Check records against the stream's own schema, naming places but no values."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile the schema.

        Raises:
            InputError: If it is not a JSON schema.
        """
        try:
            self._validator = jsonschema_rs.validator_for(dict(schema), retriever=_nothing_else)
        except (jsonschema_rs.ValidationError, ValueError):
            msg = (
                "A SCHEMA message is not a valid JSON schema, or refers to one outside of it. "
                "Check the tap."
            )
            raise InputError(msg) from None

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise Rejected if the record breaks its schema."""
        error = next(self._validator.iter_errors(record), None)
        if error is None:
            return
        path = [str(part) for part in error.instance_path]
        rule = "/".join(str(part) for part in error.schema_path)
        where = ".".join(path) or "record"
        reason = f"{where} breaks the rule {rule} of the stream's own schema"
        raise Rejected(reason, "schema", field=path[0] if path else None)
