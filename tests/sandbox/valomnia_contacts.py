"""The rules of Valomnia's contacts; the pages named are those of developers.valomnia.com/ref/."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Mapping
from operator import ge, gt, le, lt
from typing import Any, NoReturn

SAMPLE = """{"id": 5, "customerReference": "C0959", "customer": {"id": 3229, "reference": "C0959",
"name": "Marie's Jewelry", "href": "/api/v1.0/customers/3229"}, "firstName": "Marie",
"lastName": "Schrader", "mobile": "", "fax": "", "email": "", "fonction": "Commercial",
"phone": "", "phone2": "", "comment": "", "country": "", "city": "Any town", "postalCode": "",
"address": "Main street", "isDecisionMaker": true, "photo":
"BASE_URL/entity1-1450169988465/photoContact/1471508040029_2938_marie_schrader.png",
"user": {"id": 4, "reference": "emp-00", "href": "/api/v1.0/users/4"}, "organization": "entity1",
"dateCreated": "2015-12-18T13:21:18Z", "lastUpdated": "2016-08-16T13:35:20Z"}"""
"""The vendor's own contact, value for value (Contacts/update.html)."""
ERRORS = {
    "save_failed": "Failed to save instance.",
    "missing_param": "{key} parameter is missing",
    "invalid_param_type": "The type of parameter {key} you provided is not valid for this request.",
    "email_validation_error": "Failed to {operation} the contact : incorrect Email format",
    "country_error": "Failed to {operation} the contact : incorrect country code",
    "exceeded_file_size": "image size should not exceed 2Mo",
    "unsupported_file_type": "image format not supported.",
    "not_found": "The {kind} with the id {key} doesn't exist.",
}
"""The documented refusals: 404 for `not_found`, otherwise 400 (Contacts/update.html)."""
TEXTS = {"firstName", "lastName", "fonction", "country", "city", "postalCode", "address"}
TEXTS |= {"email", "phone", "phone2", "mobile", "fax"}
ANYTHING, LONG = "(?s:.*)", r"\d{1,18}"
COUNTRY = r"""(?x)|A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]
|E[CEGHRST]|F[IJKMOR]|G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|OM|QA
|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|P[AEFGHKLMNRSTWY]|R[EOSUW]|W[FS]|Y[ET]
|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|Z[AMW]"""
# Silent in the documents; taken: no blank names, 255 characters, ASCII e-mail, ISO 3166-1 alpha-2.
FORMATS = (
    (("firstName", "lastName", "customerId"), r"(?s:.*\S.*)", "missing_param"),
    (TEXTS, r"(?s:.{0,255})", "save_failed"),
    ({"email"}, r"|(?!\.)[\w.'+&-]+@(?!.*\.\.)[\w.-]+\.[A-Za-z]{2,}", "email_validation_error"),
    ({"country"}, COUNTRY, "country_error"),
    ({"useExternalId"}, "|true|false", "invalid_param_type"),
)
IMAGE = re.compile(rb"(?P<jpg>\xff\xd8\xff)|(?P<gif>GIF8)|(?P<png>\x89PNG\r\n\x1a\n)|(?P<bmp>BM)")
COMPARE: dict[str, Callable[[Any, Any], Any]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}Z"
FINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FILTERS = {f"{name}_{sign}": DATE for name in ("dateCreated", "lastUpdated") for sign in COMPARE}
FILTERS |= dict.fromkeys(("customerReference", "firstName", "lastName"), ANYTHING)
# Silent in the documents; taken: letter case does not count, and an empty filter is none.
COMPARE[""] = lambda held, wanted: not wanted or held.casefold() == wanted.casefold()
# Silent in the documents; taken: only plain values that every contact has can be sorted by.
SORTABLE = "|".join({*TEXTS, "id", "customerReference", "dateCreated", "lastUpdated"})
QUERY = {"max": r"[1-9]\d{0,8}", "offset": r"\d{1,9}", "order": "asc|desc", "sort": SORTABLE}
BLANK = {**dict.fromkeys({*TEXTS, "comment"}, ""), "isDecisionMaker": False, "photo": None}
Contact = dict[str, Any]
Texts = Mapping[str, str]


class RefusedError(Exception):
    """Carry the answer to what the documents say is refused, and its status."""


def exact(value: Any) -> Any:
    """Return a time in the form in which it is held and compared; other values as they are."""
    # Silent in the documents; taken: finer times than those told are compared.
    is_time = isinstance(value, str) and re.fullmatch(DATE, value)
    return f"{value[:-1]}.000000Z" if is_time else value


def _place(value: Any) -> tuple[bool, Any]:
    return value is not None, value or 0


def shown(contact: Contact) -> Contact:
    """Return a contact as it is told: its times in whole seconds, unless they are none."""
    times = {name: contact[name] for name in ("dateCreated", "lastUpdated")}
    told = {name: f"{time[:19]}Z" for name, time in times.items() if FINE.fullmatch(str(time))}
    return {**contact, **told}


def refuse(code: str, **details: object) -> NoReturn:
    """Refuse in the words of the documents."""
    answer = {"error": code, "error_description": ERRORS[code].format(**details)}
    raise RefusedError(answer, 404 if code == "not_found" else 400)


def check_types(values: Texts, accepted: Texts) -> None:
    """Refuse parameters that are not accepted or have another form than that."""
    for name, value in values.items():
        # Silent in the documents; taken: unknown parameters and read-only fields are refused.
        if not re.fullmatch(accepted.get(name, "(?!)"), value, re.ASCII):
            refuse("invalid_param_type", key=name)


def _check_fields(fields: Texts, operation: str) -> None:
    check_types(fields, dict.fromkeys({*TEXTS, "customerId", "useExternalId"}, ANYTHING))
    for names, pattern, code in FORMATS:
        for name in names:
            if not re.fullmatch(pattern, fields.get(name, ""), re.ASCII):
                refuse(code, key=name, operation=operation)


def _image_type(image: bytes) -> str | None:
    # Silent in the documents; taken: decimal megabytes; the content counts, not name or type.
    if len(image) > 2_000_000:
        refuse("exceeded_file_size")
    if (found := IMAGE.match(image)) is None:
        refuse("unsupported_file_type")
    return found.lastgroup


class Contacts:
    """The contacts and customers of one tenant, and the rules of their fields."""

    def __init__(
        self, url: str, version: str, clock: Callable[[], str], readings: Collection[str] = ()
    ) -> None:
        """Hold the sample's customer only; links begin with the origin or name the version.

        The clock is finer than the whole seconds that are told.
        """
        self._readings = readings
        self.sample: Contact = json.loads(SAMPLE.replace("v1.0", version))
        self.by_id: dict[int, Contact] = {}
        self.customers: list[dict[str, Any]] = [self.sample["customer"]]
        self._url, self.path, self._clock = url, f"/api/{version}", clock
        self._ids = itertools.count(self.sample["id"] + 1)
        self._pages = itertools.count()

    def add_customer(self, key: int, reference: str, name: str) -> None:
        """Let contacts belong to one more customer."""
        href = f"{self.path}/customers/{key}"
        self.customers.append({"id": key, "reference": reference, "name": name, "href": href})

    def get(self, key: int) -> Contact:
        """Return a contact (Contacts/show.html)."""
        if key not in self.by_id:
            refuse("not_found", kind="contact", key=key)
        return self.by_id[key]

    def save(self, fields: Texts, image: bytes | None = None, key: int | None = None) -> Contact:
        """Create a contact, or change the one with the id (Contacts/save.html, update.html)."""
        # Silent in the documents; taken: the same names and customer again are a second contact.
        blank = {**self.sample, **BLANK, "dateCreated": self._clock()}
        # Silent in the documents; taken: fields left out stay, fields sent empty are cleared.
        held = {**blank, "id": next(self._ids)} if key is None else self.get(key)
        _check_fields(fields, "create" if key is None else "update")
        texts = {name: fields[name] for name in TEXTS & fields.keys()}
        contact: Contact = {**held, **texts, **self._owner(fields), "lastUpdated": self._clock()}
        if image is not None:
            contact["photo"] = f"{self._url}/photoContact/{held['id']}.{_image_type(image)}"
        self.by_id[held["id"]] = contact
        return contact

    def _owner(self, fields: Texts) -> dict[str, Any]:
        text, external = fields["customerId"], fields.get("useExternalId") == "true"
        check_types({"customerId": text}, {"customerId": ANYTHING if external else LONG})
        for customer in self.customers:
            if str(customer["reference" if external else "id"]) == text:
                return {"customer": customer, "customerReference": customer["reference"]}
        refuse("not_found", kind="customer", key=text)

    def update(self, fields: Texts, image: bytes | None, key: int) -> Contact:
        """Change a contact by a request."""
        before = self.get(key)
        if "update_blanks" in self._readings:
            self.by_id[key] = {**before, **dict.fromkeys(TEXTS, ""), "photo": None}
        try:
            return self.save(fields, image, key)
        except RefusedError:
            self.by_id[key] = before
            raise

    def _limit(self, query: Texts) -> int:
        asked = int(query.get("max", 100))
        if asked > 100 and "max_refused" in self._readings:
            refuse("invalid_param_type", key="max")
        # Silent in the documents; taken: more than the default page is never given.
        most = {"max_1000": 1000, "max_30": 30}
        return min(asked, next((most[name] for name in most if name in self._readings), 100))

    def page(self, query: Texts) -> dict[str, Any]:
        """Return a page of contacts (Contacts/list.html)."""
        if query.get("sort") == "id" and "sort_id_refused" in self._readings:
            refuse("invalid_param_type", key="sort")
        # Silent in the documents; taken: contacts that are equal in what is sorted by stand in
        # another order in every other answer. Newest first where nothing else is asked for.
        found = list(self.by_id.values())
        if next(self._pages) % 2:
            found.reverse()
        for name in query.keys() & FILTERS.keys():
            field, _, sign = name.partition("_")
            # Silent in the documents; taken: what has no time passes no filter, and comes first.
            held = [each for each in found if each[field] is not None]
            found = [each for each in held if COMPARE[sign](exact(each[field]), exact(query[name]))]
        order = query.get("order", "asc" if "sort" in query else "desc")
        by = query.get("sort", "id")
        found.sort(key=lambda each: _place(exact(each[by])), reverse=order == "desc")
        start, limit = int(query.get("offset", 0)), self._limit(query)
        # Silent in the documents; taken: links are paths like every href, without the filters.
        link = f"{self.path}/contacts?max={limit}&offset="
        previous = f"{link}{max(start - limit, 0)}" if start else None
        following = f"{link}{start + limit}" if start + limit < len(found) else None
        total = len(self.by_id if "total_of_all" in self._readings else found)
        paging = {"total": total, "max": limit, "offset": start, "previous": previous}
        return {
            "paging": {**paging, "next": following},
            "data": list(map(shown, found[start : start + limit])),
        }
