"""What an API can do with contacts, and how its sink is to be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet


MOST_ASKED = 20
"""Contacts of a batch that are asked for one by one, where the sink does not say how many."""


@dataclass(frozen=True)
class Capabilities:
    """What the sink of one API declares; the defaults are those of an API that can do little."""

    identity: Sequence[str] = ()
    """Fields that together identify a contact in this API."""
    own: Sequence[str] = ()
    """Fields of which a new contact must fill one, if they are others than those of `identity`.
    Where the API requires a field of `identity` in any case, that one alone: else `--explain` asks
    for the others, too."""
    expected: Sequence[str] = ()
    """Fields that the API is only thought to demand of a new contact."""
    built_in: Mapping[str, Any] = field(default_factory=dict)
    """Values of a new contact that the documents give for whoever has none."""
    free_prefix: str | tuple[str, ...] | None = None
    """Start of the names of fields that an account may have added."""
    status_streams: Sequence[str] = ()
    """Ends of the names of streams that hold id and name of the API's contact statuses."""
    lookups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By what `finder` looks up what contacts belong to, by setting; the first is the default."""

    # Writing.

    concurrency: int = 8
    """Requests in flight, if the setting is not given."""
    batch_size: int = 1000
    """Contacts that are planned, looked up and written together."""
    intents_at_once: int = 100
    """Creates that are announced in one transaction of the ledger. If the run is killed, the next
    one looks for all of them, also for those that had not left."""
    idempotent: bool = False
    """Whether a create may be repeated without doubling a contact."""
    clears_fields: bool = True
    """Whether "" may be sent to clear a field."""
    replaces: bool = False
    """Whether an update replaces the whole contact, so that it needs all its values again."""
    deletes: bool = False
    """Whether contacts can be deleted: `delete` is implemented."""
    alone_after: int = 0
    """How often a create goes unanswered together with others until it is sent alone."""

    # Looking up.

    can_list: bool = False
    """Whether contacts can be looked up: `stored` is implemented."""
    can_ask: bool = False
    """Whether they can be asked for one by one: `find` and `alike` are implemented."""
    most_look_ups: float | None = None
    """Most new contacts of a batch for which the account is not listed as a whole: they are asked
    for one by one, or in the part of the account that `scope` names. Default: 20 if they can be
    asked for, 0 if they can only be listed."""
    asks_by: AbstractSet[str] = frozenset()
    """Fields by which look-ups are narrowed down, however their values are written."""

    def goes_without_list(self, look_ups: int) -> bool:
        """Say whether so many contacts of a batch are looked up without listing the account."""
        if self.most_look_ups is None:
            return not self.can_list or (self.can_ask and look_ups <= MOST_ASKED)
        return look_ups <= self.most_look_ups
