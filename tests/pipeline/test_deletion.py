"""What is promised of contacts that are deleted at their source: none is created as if it lived."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_contacts.contact.deletion import Told, told
from tests.crash.lab import KINDS
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

FIXED = settings(derandomize=True, deadline=None, database=None)

ANNA: dict[str, Any] = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "mobile": "+4915112345678",
}
ANNA |= {"email": "anna@example.com"}

SURE: list[dict[str, Any]] = [
    # Flags.
    *({name: True} for name in ("IsDeleted", "is_deleted", "isDeleted", "deleted", "_deleted")),
    *({name: True} for name in ("archived", "is_archived", "isArchived", "Archived")),
    *({name: True} for name in ("trashed", "is_trashed", "in_trash", "removed", "@removed")),
    *({name: True} for name in ("permanently_deleted", "soft_deleted", "_fivetran_deleted")),
    *({name: True} for name in ("delete_flag", "del_flg", "deletion_flag", "isMarkedForDeletion")),
    *({name: True} for name in ("contact_deleted", "isContactDeleted", "record.deleted")),
    *({name: 1} for name in ("Contact.P_Deleted", "gelöscht", "archiviert", "est_supprimé")),
    *({name: 1} for name in ("削除フラグ", "削除済み", "アーカイブ")),
    *({"deleted": value} for value in (1, "1", "true", "True", "yes", "Y", "ja", Decimal("1.0"))),
    *({"deleted": value} for value in (1714557600, "1714557600000", "deleted", "2026-05-01")),
    {"__deleted": "true"},
    {"active_flag": False},
    {"active_flag": "0"},
    # Times.
    *({name: "2026-05-01T10:00:00Z"} for name in ("deleted_at", "deletedAt", "trashedAt")),
    *(
        {name: "2026-05-01 10:00:00.000 +0200"}
        for name in ("archived_at", "removedAt", "DeletedOn")
    ),
    *({name: "05/01/2026"} for name in ("_sdc_deleted_at", "_ab_cdc_deleted_at", "DateDeleted")),
    *({name: 1714557600} for name in ("deleted_time", "deletedTimestamp", "deleted_date")),
    *({name: "2026年5月1日"} for name in ("削除日", "gelöscht_am", "supprimé_le")),
    # Words of a system.
    *({"ContactStatus": word} for word in ("ARCHIVED", "GDPRREQUEST", "archived")),
    *({"status": word} for word in ("archived", "DELETED", "trash", "removed")),
    {"state": "deleted"},
    {"Record_Status__s": "Trash"},
    # Objects.
    {"metadata": {"deleted": True}},
    {"metadata": {"sources": [], "deletedAt": "2026-05-01"}},
    {"properties": {"archived": {"value": "true"}}},
    {"properties": {"metadata": {"is_deleted": 1}}},
    {"fields": {"IsDeleted": True}},
    {"@removed": {"reason": "deleted"}},
    {"archived": {"archivedAt": 1714557600000, "reason": "moved"}},
    # Some say nothing, or no; one says so.
    {"is_deleted": False, "archived": True},
    {"deleted": 0, "deleted_at": "2026-05-01T10:00:00Z"},
    {"permanently_deleted": False, "active": False},
    {"active": True, "deleted": True},
    {"status": "Active", "IsDeleted": True},
]
"""Fields that say that a contact is deleted, and nothing else."""

DOUBTFUL: list[dict[str, Any]] = [
    {"active": False},
    {"Active": "false"},
    {"is_active": 0},
    {"isInactive": "T"},
    {"inactive": True},
    {"deactivated_at": "2026-05-01"},
    {"status": "Archived"},
    {"status": "Deleted"},
    {"deleted": "perhaps"},
    {"deleted_at": "yesterday"},
    {"Deleted__c": True},
    {"properties": {"active": False}},
    {"_sdc_deleted_at": None, "active": False},
]
"""Fields that may mean something else."""

LIVING: list[dict[str, Any]] = [
    *({"deleted": value} for value in (False, 0, "0", "false", "no", "", " ", None, "none")),
    {"deleted": []},
    {"deleted": {}},
    *({"archived": value} for value in ("no", "nein", "N", Decimal("0.0"), {"value": False})),
    *({"deleted_at": value} for value in ("", None, 0, "0", "null", "never")),
    *({"deleted_at": value} for value in ("0000-00-00 00:00:00", "0001-01-01T00:00:00Z")),
    *({"deleted_at": value} for value in ("1970-01-01T00:00:00Z", "9999-12-31", "1900-01-01")),
    *({"active": value} for value in (True, 1, "yes", None, "", "Active")),
    *({"status": value} for value in ("Active", "ACTIVE", "inactive", "cleaned", "open", "", 3)),
    *({"status": value} for value in ("unsubscribed", "disabled", "to be deleted", "not archived")),
    # What users call a contact's status themselves.
    {"contact_status": "Deleted"},
    {"contact_status": {"id": "7", "display_value": "Deleted"}},
    {"Contact.P_Phase": "Archived"},
    # A flag that is sure says no.
    {"deleted": False, "active": False},
    {"is_deleted": 0, "status": "Archived"},
    {"deleted_at": None, "is_active": False},
    # What others are.
    {"company": {"deleted": True}},
    {"customer": {"is_deleted": True}},
    {"customer_deleted": True},
    {"archive": "https://example.com/archive"},
    {"owner_id": {"id": 1, "active_flag": False}},
    {"emails": [{"value": "a@example.com", "deleted": True}]},
    {"employee_is_active": False},
    {"deleted_by": 7},
    {"undeleted": True},
    {"deletable": True},
    {"can_archive": True},
    {"archived_deals_count": 3},
    {"deleted_contacts": 5},
    {"note": "deleted"},
    {"enabled": False},
    {"suspended": True},
    {"state": "DE"},
]
"""Fields that say nothing of the kind."""


@pytest.mark.parametrize("fields", SURE, ids=str)
def test_a_flag_a_time_or_a_word_says_that_a_contact_is_deleted(fields: dict[str, Any]) -> None:
    """However the source puts it, and whatever else the record says."""
    found = told({**ANNA, **fields})
    assert found
    assert found.sure


@pytest.mark.parametrize("fields", DOUBTFUL, ids=str)
def test_what_may_mean_something_else_is_not_sure(fields: dict[str, Any]) -> None:
    """It is named all the same."""
    found = told({**ANNA, **fields})
    assert found
    assert not found.sure


@pytest.mark.parametrize("fields", LIVING, ids=str)
def test_what_says_nothing_of_the_kind_deletes_nobody(fields: dict[str, Any]) -> None:
    """A flag that is not set, a time that is none, a word of others."""
    assert told({**ANNA, **fields}) is None


def test_the_field_is_named_with_its_path() -> None:
    """What is sure goes before what is not, wherever it stands."""
    assert told({"active": False, "metadata": {"x": 1, "deleted": True}}) == Told(
        "metadata.deleted", sure=True
    )


def test_a_flag_that_is_only_declared_says_no() -> None:
    """A source that leaves out flags that are not set has others to say what they say."""
    record = {**ANNA, "active": False}
    assert told(record, ("id", "deleted", "active")) is None
    assert told(record, ("id", "permanently_deleted", "active")) == Told("active", sure=False)
    assert told({**record, "deleted": True}, ("id", "deleted")) == Told("deleted", sure=True)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text()
NAMES = st.sampled_from(
    ["deleted", "IsDeleted", "archived_at", "active", "status", "metadata", "id", "_sdc_deleted_at"]
)


@FIXED
@given(
    st.dictionaries(
        NAMES | st.text(),
        st.recursive(
            VALUES,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
            max_leaves=6,
        ),
    )
)
def test_any_record_is_judged(record: dict[str, Any]) -> None:
    """Whatever a record holds, the field that is named is one of its own."""
    found = told(record)
    assert found is None or found.field.partition(".")[0] in {
        name.partition(".")[0] for name in record
    }


# The command.


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Run an empty account."""
    with ZohoVoice() as sandbox:
        yield sandbox


TAPS: dict[str, dict[str, Any]] = {
    "salesforce_contacts": {"IsDeleted": True},
    "hubspot_contacts": {"archived": True},
    "pipedrive_contacts": {"active_flag": False},
    "activecampaign_contacts": {"deleted": 1, "deleted_at": "2026-05-01T10:00:00Z"},
    "zendesk_contacts": {"permanently_deleted": True, "active": False},
    "outreach_contacts": {"trashedAt": "2026-05-01T10:00:00Z"},
    "xero_contacts": {"ContactStatus": "ARCHIVED"},
    "database_contacts": {"_sdc_deleted_at": "2026-05-01T10:00:00Z"},
    "quickbooks_contacts": {"Active": False},
}


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_contact_deleted_at_its_source_is_not_created(api: str, workplace: Workplace) -> None:
    """It is skipped, and the log names the field that says so; the living one is written."""
    gone = [
        each for tap, fields in TAPS.items() for each in contacts({**ANNA, **fields}, stream=tap)
    ]
    with KINDS[api]() as sandbox:
        run = workplace.target(sandbox.target_config(), [*gone, *contacts(ANNA)])
        assert (run.code, len(sandbox.contacts)) == (0, 1)
    assert (run.summary["created"], run.summary["skipped"]) == (1, len(TAPS))
    assert (
        "1 record of salesforce_contacts skipped: deleted at the source, says IsDeleted" in run.log
    )
    assert "1 record of quickbooks_contacts skipped: Active may say that" in run.log


def test_of_a_contact_in_the_stream_twice_the_later_record_counts(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Deleted after a change it is not created; back after its deletion it is."""
    bert = {**ANNA, "id": 2, "first_name": "Bert", "mobile": "+4915112345679"}
    records = [
        ANNA,
        {**bert, "deleted": True},
        {**ANNA, "deleted": True},
        {**bert, "deleted": False},
    ]
    run = workplace.target(zoho.target_config(), contacts(*records))
    assert [held["first_name"] for held in zoho.contacts] == ["Bert"]
    assert (run.summary["created"], run.summary["skipped"]) == (1, 3)


def test_a_deleted_record_need_not_keep_its_schema(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Sources often send no more than a key; that is no reason to reject it."""
    head, record = contacts({"id": 1, "_sdc_deleted_at": "2026-05-01"})
    head["schema"]["required"] = ["id", "first_name"]
    run = workplace.target(zoho.target_config(), [head, record])
    assert (run.code, run.summary["skipped"], zoho.log) == (0, 1, [])


def test_a_deleted_record_of_a_stream_without_key_is_skipped(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """There, too, the books balance."""
    run = workplace.target(
        zoho.target_config(), contacts({**ANNA, "deleted": 1}, {**ANNA, "deleted": 0}, key=())
    )
    assert (run.code, run.summary["created"], run.summary["skipped"]) == (0, 1, 1)


def test_a_stream_map_says_what_a_doubtful_field_means(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Who knows that a field says something else takes it out, and the contact is written."""
    config = {**zoho.target_config(), "stream_maps": {"contacts": {"is_active": "__NULL__"}}}
    record = {**ANNA, "is_active": False}
    assert workplace.target(zoho.target_config(), contacts(record)).summary["skipped"] == 1
    assert workplace.target(config, contacts(record)).summary["created"] == 1


def test_explain_counts_no_deleted_contact(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What would be sent is explained without them."""
    run = workplace.target(
        zoho.target_config(), contacts(ANNA, {**ANNA, "id": 2, "IsDeleted": True}), "--explain"
    )
    assert (run.code, zoho.log) == (0, [])
    assert "1 of 1 records would be sent" in run.out
