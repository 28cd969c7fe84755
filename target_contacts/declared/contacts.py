"""Settings that say where contacts go, and what is written of them."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.transport import forms
from target_contacts.declared.shapes import (
    ANY_OBJECT,
    DESTINATIONS,
    NAMES,
    PATHS,
    POLICY_OF,
    RULES,
    found_by,
)

OF_CONTACTS = (
    th.Property(
        "destinations",
        DESTINATIONS,
        description=(
            "Instead of api: the accounts or devices that one input goes to. A list, or the path "
            "of a file of JSON lines or CSV, of {name, api, <api>: {...}, only: {attribute: value "
            "or list}} and any setting of this page that is to differ. only names the records "
            "that a destination takes. See the page destinations."
        ),
    ),
    th.Property(
        "destinations_at_once",
        th.IntegerType(minimum=1, maximum=64),
        default=8,
        description="How many destinations are written at the same time, each in its own process.",
    ),
    th.Property(
        "streams",
        th.ArrayType(forms.text()),
        description=(
            "Which streams to write, as globs. Other streams are not written; streams of statuses "
            "still serve to look up names. Default: streams whose schema holds people: a name, "
            "and an e-mail or a number."
        ),
    ),
    th.Property(
        "field_map",
        PATHS,
        description=(
            "Destination field to where its value comes from: a field of the record, a JMESPath "
            "expression or an attribute. It goes before the built-in vocabulary."
        ),
    ),
    th.Property(
        "value_map",
        NAMES,
        description=(
            "Contact attribute to a table of values: what the record says, and what the "
            "destination calls it. Case, Unicode form and blanks do not matter."
        ),
    ),
    th.Property(
        "defaults",
        ANY_OBJECT,
        description="Contact attribute to value, for new contacts and fields that are empty.",
    ),
    th.Property(
        "policies",
        th.CustomType(POLICY_OF),
        description=(
            'Contact attribute, or "*" for all, to what may be written. overwrite: the record\'s '
            "value, also an empty one. fill_empty: only where the destination has nothing. "
            "on_create: only into a new contact. keep_null: a value, but no empty one. never: "
            "nothing. Default: overwrite."
        ),
    ),
    th.Property(
        "stream_policies",
        th.CustomType({"type": ["object", "null"], "additionalProperties": POLICY_OF}),
        description="Stream, as a glob, to policies that go before the ones for all streams.",
    ),
    th.Property(
        "parents",
        found_by("client or customer", "company", "name, reference or an alias of the account"),
        description=(
            "How the client or customer of a contact is found by what its record has. Not set: the "
            "record has its id, or defaults have."
        ),
    ),
    th.Property(
        "owners",
        found_by("owner", "owner_email", "email or name"),
        description="The same for the owner of a contact.",
    ),
    th.Property(
        "phone_region",
        th.StringType,
        description=(
            "Country (ISO code of two letters) whose plan phone numbers without a country code "
            "follow. Default: such numbers are left as they are."
        ),
    ),
    th.Property(
        "on_invalid_value",
        th.StringType,
        default="reject",
        allowed_values=["reject", "drop_field", "truncate"],
        description=(
            "What to do with a value that does not fit its field. reject: reject the record. "
            "drop_field: leave the field out. truncate: cut text that is too long, reject the "
            "rest."
        ),
    ),
    th.Property(
        "mode",
        th.StringType,
        default="upsert",
        allowed_values=["upsert", "create_only", "update_only"],
        description="Whether contacts may be created, updated or both.",
    ),
    th.Property(
        "on_gone",
        th.StringType,
        default="reject",
        allowed_values=["reject", "recreate", "skip"],
        description=(
            "What becomes of a changed record whose contact was removed at the destination. "
            "reject: it is rejected, in every run. recreate: it is created anew. skip: it is "
            "skipped, and the ledger remembers it as gone."
        ),
    ),
    th.Property(
        "on_delete",
        th.StringType,
        default="skip",
        allowed_values=["skip", "mark", "delete"],
        description=(
            "What becomes of a contact whose record left the source: the record says so, or a "
            "complete reading with ACTIVATE_VERSION lacks it. skip: it stays. mark: the fields in "
            "marks are written. delete: it is deleted, if this target created it and the API can "
            "delete."
        ),
    ),
    th.Property(
        "marks",
        ANY_OBJECT,
        description="Destination field to value, for on_delete: mark.",
    ),
    th.Property(
        "match_on",
        RULES,
        description=(
            "Rules that find the contact at the destination that is the same person, in order. "
            "Each rule is a list of attributes that must all be equal, such as "
            '[["email"], ["mobile", "last_name"]]. A flat list is one rule. Default: the names '
            "agree and an e-mail address or a number does. []: never."
        ),
    ),
)
