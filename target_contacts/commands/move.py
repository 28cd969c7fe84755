"""Move what a ledger knows of an account to another database or machine."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from target_contacts.commands.entries import Entries
from target_contacts.commands.ledger_file import Header, LedgerFile, write
from target_contacts.ledger.transfer import WrongLineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.exceptions import ConfigurationError


class Move(Entries):
    """Export and import."""

    def export(self) -> Iterator[str]:
        """Make a file of all that is known of the account; yield what is in it.

        Raises:
            ApiError: If nothing is known.
            ConfigurationError: If the file cannot be made.
        """
        transfer = self.ledger.transfer
        if transfer.is_empty():
            answered = "it knows nothing of this account"
            raise self.error(answered, "Check ledger_url, ledger_account and the address.")
        with transfer.lines() as lines:
            seal = write(self.asked.file, self._header, lines)
        yield f"Exported: {seal.rows} rows of account {self.ledger.account[:8]}, seal {seal.seal}."
        yield (
            f"Import them with the new ledger_url: --ledger import --file {self.asked.file}. Let "
            "no run use this ledger any more: what it writes is not known there."
        )

    def enter(self) -> Iterator[str]:
        """Enter what is in a file; yield what that was.

        Raises:
            ApiError: If the ledger knows something else of the account already.
            ConfigurationError: If the file is not whole, or of another account.
        """
        file, transfer = LedgerFile(self.asked.file), self.ledger.transfer
        self._assert_same_account(file)
        if not transfer.is_empty():
            yield self._same(file)
            return
        try:
            rows = transfer.enter(file.header.columns, file.lines())
        except WrongLineError as error:
            raise self._strange(file, f"line {error.number} is no row") from None
        yield f"Imported: {rows} rows of account {self.ledger.account[:8]}."

    def _assert_same_account(self, file: LedgerFile) -> None:
        """Raise ConfigurationError if a file is of another account, or of a newer version."""
        header = file.header
        if (header.api, header.account) != (self._header.api, self._header.account):
            why = (
                f"it is of another account ({header.api} {header.account[:8]}) than the settings "
                f"name ({self._header.api} {self.ledger.account[:8]}). If the address has "
                "changed, set ledger_account to the former one"
            )
            raise file.broken(why)
        known = self._header.columns
        if any(not {*names} <= {*known.get(each, ())} for each, names in header.columns.items()):
            raise self._strange(file, "line 1 names columns that are not all")

    def _same(self, file: LedgerFile) -> str:
        """Say that all is there already; raise ApiError if it is not."""
        with self.ledger.transfer.lines() as lines:
            pairs = zip_longest(lines, file.lines())
            is_same = file.header == self._header and all(mine == its for mine, its in pairs)
        if is_same:
            return "Nothing was entered: the ledger holds just these rows already."
        answered = "it knows something else of this account already"
        advice = "Import into a ledger that knows nothing of it, or --ledger forget --all first."
        raise self.error(answered, advice)

    def _strange(self, file: LedgerFile, what: str) -> ConfigurationError:
        why = f"{what} that this version knows; use the version that exported it"
        return file.broken(why)

    @property
    def _header(self) -> Header:
        api = self.run.settings.api
        columns = self.ledger.transfer.columns
        return Header(api=api, account=self.ledger.account, columns=columns)
