"""Make the report of a run, if one is wanted.

A report that cannot be written changes nothing of the run but for one warning. A run that is
killed leaves a run.json that says that it did not end.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin import signals
from tap_contacts.plugin.endings import ending_of
from target_contacts.pipeline.purpose import Purpose
from target_contacts.report import private_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.pipeline.run import Run
    from target_contacts.settings import Settings


@contextlib.contextmanager
def reported(run: Run, schema: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[list[int]]:
    """Make the report of a run, if one is wanted. The block appends the run's exit code.

    Raises:
        ConfigurationError: If no report can be made in the folder.
    """
    codes: list[int] = []
    if run.purpose is not Purpose.WRITE or run.settings.report_dir is None:
        yield codes
        return
    from target_contacts.pipeline.run_report import Report

    report = Report(run, run.settings.report_dir, schema, config)
    error = None
    try:
        yield codes
    except BaseException as raised:
        code, error = ending_of(raised)
        codes.append(code)
        raise
    finally:
        signum = run.shutdown.signum
        report.end(signals.code_of(signum) if signum else codes[0], error)


def assert_writable(settings: Settings) -> None:
    """Raise ConfigurationError if a report is wanted, and could not be made."""
    if settings.report_dir is not None:
        private_files.assert_writable(private_files.REPORTS, Path(settings.report_dir))
