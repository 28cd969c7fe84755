"""What is promised of dates and moments: year first, in UTC."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_contacts.values import convert
from tests.support.values import FIXED, refusal

YEARS = (datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29))  # noqa: DTZ001  # of any zone
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: datetime.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "value",
    [
        *("2020-03-04", "2020/03/04", "2020.03.04", "2020/3/4", "20200304", 20200304),
        *("2020年3月4日", "\uff12\uff10\uff12\uff10年\uff13月\uff14日", " 2020-03-04 "),
        *("2020-03-04T23:59:59Z", "2020-03-04T23:59:59-05:00", "2020/03/04 00:00"),
    ],
)
def test_a_date_is_read_as_it_is_written(value: object) -> None:
    """The year comes first, and no time of day or zone moves the day."""
    assert convert.date(value) == datetime.date(2020, 3, 4)


@pytest.mark.parametrize(
    "value",
    [
        *("03/04/2020", "04.03.2020", "3/4/20", "31/12/2020", "2020-3/4", "2020-03", "2020", ""),
        *("2020-13-01", "2020-02-30", "0000-01-01", "2020-03-04T25:00", "2020-03-04T23:60"),
        *("2020-W10-3", "March 4, 2020", "1583280000", 1583280000, 0, True, "2020-03-04 noon"),
    ],
)
def test_an_ambiguous_or_impossible_date_is_refused(value: object) -> None:
    """Whether day or month comes first is not guessed."""
    assert refusal(convert.date, value) == "must be a date, year first, such as 2020-12-31"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2020-03-04T05:06:07Z", "2020-03-04T05:06:07+00:00"),
        ("2020-03-04t05:06:07.5z", "2020-03-04T05:06:07.500000+00:00"),
        ("2020-03-04T05:06:07.123456789Z", "2020-03-04T05:06:07.123456+00:00"),
        ("2020-03-04T05:06:07,5+09:00", "2020-03-03T20:06:07.500000+00:00"),
        ("2020-03-04 05:06:07 +0900", "2020-03-03T20:06:07+00:00"),
        ("2020-03-04 05:06 UTC", "2020-03-04T05:06:00+00:00"),
        ("2020-03-04T05:06-05", "2020-03-04T10:06:00+00:00"),
        ("20200304T050607Z", "2020-03-04T05:06:07+00:00"),
        ("2020/03/04 5:06", "2020-03-04T05:06:00+00:00"),
        ("2020-03-04", "2020-03-04T00:00:00+00:00"),
        (1583280000, "2020-03-04T00:00:00+00:00"),
        ("1583280000", "2020-03-04T00:00:00+00:00"),
        (1583280000.5, "2020-03-04T00:00:00.500000+00:00"),
        (1583280000123, "2020-03-04T00:00:00.123000+00:00"),
        ("1583280000123", "2020-03-04T00:00:00.123000+00:00"),
    ],
)
def test_a_moment_is_given_in_utc(value: object, text: str) -> None:
    """Zones are reckoned in; none means UTC; numbers count from 1970."""
    assert convert.instant(value).isoformat() == text


@pytest.mark.parametrize(
    "value",
    [
        *("", 0, 1, -1583280000, 12345678901, 15832800001234, float("nan"), float("inf"), True),
        *(
            "03/04/2020 05:06",
            "05:06",
            "2020-03-04T05",
            "2020-03-04T24:01",
            "2020-03-04T05:06+25:00",
        ),
        *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "yesterday", "2020-03-04T05:06 CET"),
    ],
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    """Neither a number too small or too large nor an unknown zone is taken."""
    assert refusal(convert.instant, value).startswith("must be a time such as 2020-12-31T23:59:59Z")


@FIXED
@given(st.datetimes(*YEARS, timezones=st.builds(datetime.timezone, OFFSETS)))
def test_every_iso_time_is_read_back(moment: datetime.datetime) -> None:
    """What Python writes as ISO 8601 is read as the same moment, whatever the zone."""
    assert convert.instant(moment.isoformat()) == moment
    assert convert.date(moment.isoformat()) == moment.date()
