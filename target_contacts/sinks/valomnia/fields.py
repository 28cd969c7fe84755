"""The fields of a contact of Valomnia.

Source: https://developers.valomnia.com/ref/Contacts/save.html and update.html beside it
"""

from __future__ import annotations

import base64
import re
from typing import Any

from target_contacts.mapping.choices import one_of
from target_contacts.mapping.field import Field, matching
from target_contacts.values import cells, convert, other_kinds
from target_contacts.values.basic import OtherThing, TooLong, stripped, text

LARGEST_IMAGE = 2_000_000
"""Bytes of an image; documented as 2 MB."""

IMAGES = {
    "jpeg": b"\xff\xd8\xff",
    "gif": b"GIF8",
    "png": b"\x89PNG\r\n\x1a\n",
    "bmp": b"BM",
}
"""Formats of images that are taken, and how they begin."""

_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)

_number = matching("[1-9][0-9]{0,18}", "the customer's number (or use_external_id set)")


def _customer(value: Any) -> str:
    return _number(cells.digits(value))


def _image(value: Any) -> bytes:
    """Return an image that came as base64 text or data: URI; nothing is fetched."""
    given = text(value).strip()
    if other_kinds.is_address_of_image(given):
        msg = "must be the image itself as base64 text, not its address: nothing is fetched"
        raise OtherThing(msg)
    try:
        image = base64.b64decode("".join(_DATA_URI.sub("", given, count=1).split()), validate=True)
    except ValueError:
        msg = "must be an image as base64 text or base64 data: URI"
        raise ValueError(msg) from None
    if len(image) > LARGEST_IMAGE:
        msg = f"takes {LARGEST_IMAGE} bytes, not {len(image)}"
        raise TooLong(msg)
    if not image_format(image):
        msg = "must be a jpg, gif, png or bmp image"
        raise ValueError(msg)
    return image


def image_format(image: bytes) -> str:
    """Return the format of an image; "" if it is none of those that are taken."""
    return next((name for name, start in IMAGES.items() if image.startswith(start)), "")


FIELDS = (
    Field("first_name", "firstName", required="always", convert=stripped),
    Field("last_name", "lastName", required="always", convert=stripped),
    Field(
        "customer_id",
        "customerId",
        required="always",
        convert=_customer,
        identifier=True,
    ),
    Field("job_title", "fonction"),
    Field("country", "country", convert=one_of(convert.country)),
    Field("city", "city"),
    Field("postal_code", "postalCode", convert=cells.postcode),
    Field("street", "address", convert=text),
    Field("email", "email", convert=convert.email),
    Field("phone", "phone", convert=cells.phone),
    Field("phone2", "phone2", convert=cells.phone),
    Field("mobile", "mobile", convert=cells.phone),
    Field("fax", "fax", convert=cells.phone),
    Field("image", "imageFile", convert=_image, clears=False, told=False),
)
"""The fields, and which attribute fills each."""
