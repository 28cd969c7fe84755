"""Settings that say how a run goes, and what it keeps."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.transport import forms
from tap_contacts.transport.settings import CONCURRENCY, RATE, SEND_SETTINGS, SHARED_RATE
from target_contacts.declared.shapes import LIMITS

OF_RUNS = (
    th.Property(
        "canary",
        th.BooleanType,
        default=True,
        description=(
            "Whether the first create and the first update into an account are sent alone and are "
            "read back before the rest leaves. The run stops if a name, a number or an e-mail "
            "did not arrive, or if an update lost what the contact held."
        ),
    ),
    th.Property(
        "ledger_url",
        forms.text(),
        default="sqlite:///target-contacts.db",
        description="SQLAlchemy URL of the ledger.",
    ),
    th.Property(
        "ledger_account",
        forms.text(),
        description=(
            "Name of the destination in the ledger, where one ledger serves two accounts "
            "behind one address. Default: the address."
        ),
    ),
    th.Property(
        "lock_wait_seconds",
        forms.seconds(),
        default=0,
        description="Longest wait for the end of another run that writes to the same account.",
    ),
    th.Property(
        "rejects_dir",
        forms.text(),
        default="./rejects",
        description="Folder for the files of rejected records.",
    ),
    th.Property(
        "report_dir",
        forms.text(),
        description=(
            "Folder for the reports of runs. Each run makes a folder there with its outcomes as a "
            "Singer stream, run.json and run.html. Default: no reports."
        ),
    ),
    th.Property(
        "report_keep",
        th.IntegerType(minimum=1, maximum=10_000),
        default=30,
        description=(
            "How many reports are kept in report_dir; older ones are deleted. Rejects files are "
            "never deleted."
        ),
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(minimum=-1),
        default=0,
        description="How many rejected records still count as success. -1: any number.",
    ),
    th.Property(
        "guards",
        LIMITS,
        description=(
            "What a run may change at most: max_creates, max_updates, max_deletes, max_cleared "
            "(filled values of one attribute that are emptied) and max_rejected. Each is a number, "
            'or a percentage such as "10%" of the contacts of the stream that the ledger knows, '
            "which counts from 20 contacts on. The first record beyond it ends the run with exit "
            'code 4. Default: max_deletes and max_cleared "25%", the others none.'
        ),
    ),
    th.Property(
        "require_ledger",
        th.BooleanType,
        default=False,
        description=(
            "Whether a ledger that is new or knows nothing of the account is refused, with exit "
            "code 2, before anything is asked or sent."
        ),
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description=(
            "Count what would be written, by action and attribute; send no write and pass on no "
            "STATE. See also --plan."
        ),
    ),
    th.Property(
        "concurrency",
        CONCURRENCY,
        description="Requests in flight. 8 by default, 4 for porters and 1 for bas_ip.",
    ),
    RATE,
    *SHARED_RATE,
    th.Property(
        "checkpoint_seconds",
        forms.seconds(),
        default=10,
        description="Longest time between two STATE messages while records arrive.",
    ),
    *SEND_SETTINGS,
    th.Property(
        "unanswered_wait_seconds",
        th.NumberType(minimum=0, maximum=forms.MOST_SECONDS),
        description=(
            "How long the API may still carry out a create that was not answered. After that "
            "time the contact is looked up, and created again only if it is not there. Other "
            "records go on meanwhile. Default: timeout_seconds."
        ),
    ),
)
