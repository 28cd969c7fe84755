"""Words around the spellings of the vocabulary: labels, addresses, objects that hold values.

They are spelled like the vocabulary's own, and in order of precedence where that matters.
"""

from __future__ import annotations

WITHIN = {
    "street": "lines line route thoroughfare",
    "street_number": "number",
    "street2": "unit building floor",
    "state": "subdivision",
    "postal_code": "code",
}
"""Part of an address, and the words that mean it with the address only."""

ADDRESSES = (
    "primary primary_address primary_addr primary_location default default_address main_address",
    "business business_address office office_address geschaftlich bureau 勤務先 会社",
    "work work_address",
    "",
    "address addr adr street_address address_1 address1",
    "addresses street_addresses",
    "mailing mailing_address mailing_addr mail_address address_mail",
    "postal postal_address contact_address correspondence_address permanent_address",
    "billing billing_address billing_info billing_info_address bill_addr bill_to invoice_address",
    "home home_address privat private_address residential_address domicile 自宅",
    "other other_address alt_address alternate_address address_other address2 secondary_address",
    "shipping shipping_address ship_addr ship_to ship_to_address delivery_address",
    "location locations",
)
"""Which address it is, in order of precedence: one of them is taken, never parts of two."""

NEUTRAL = (4, 5, 6, 7)
"""Addresses of which the name says no more than that they are the contact's."""

MARKED = 0
"""The address that is marked as the one that counts."""
BARE = ADDRESSES.index("")
"""The address that is not said to be any."""
GUESSED = len(ADDRESSES) - 1
"""The address that many systems guess from where a computer is: it counts with a street only."""

VAGUE = frozenset(("region", "county"))
"""Words that are part of an address only where no address is said to be any."""

WITH_ADDRESS = frozenset(
    ("first_name", "last_name", "email", "mobile", "phone", "home_phone", "fax", "company")
)
"""Attributes that shops keep with an address: they count where the record has no others."""
KEEPERS = (
    "primary primary_address default default_address address address1 addresses mailing_address "
    "billing billing_address bill_to billing_info billing_info_address"
)
"""The addresses that they are kept with."""

LABELLED = {
    "phone": "work business office direct landline fixed voice dienstlich geschaftlich bureau ddi "
    "main voip corporate headquarters hq company",
    "mobile": "mobile cell cellular handy gsm natel portable",
    "home_phone": "home private personal privat domicile residential",
    "fax": "fax telefax work_fax business_fax office_fax",
    "phone2": "other alternate alternative secondary additional second",
}
"""What a number is labelled as, and the attribute that it is then."""
NUMBERED = "phone phones phone_number phone_numbers phone_no telephone telephones tel"
"""What stands before or after such a label."""
EMAIL_LABELS = (
    "primary preferred default main work business office company school personal private home other"
)
EMAILS = "email emails email_address email_addresses"
"""The same for e-mail addresses, what counts first standing first."""

NAMED = "value name label text display_value display_name code iso iso_code iso2 title"
INSIDE = {
    "email": "value email address email_address addr mail e_mail email_id handle data text raw",
    "street": "value data text raw",
    "note": "value text body content note data plain",
    "full_name": "value full formatted full_name display_name text",
    **dict.fromkeys(
        ("company", "department", "job_title", "city", "state", "country", "gender", "salutation"),
        NAMED,
    ),
}
"""Attribute, and what its value may be called in an object that holds it, best first."""
INSIDE_NUMBERS = (
    "value e164 international international_number canonical_form full_number number phone "
    "handle phone_number free_form_number telephone telephone_number tel mobile cell fax "
    "original_phone_number sanitized_number raw_number phone_no data text raw formatted "
    "phone_formatted"
)
INSIDE_ANY = "value data text content raw"

WRAPPERS = (
    "properties property fields mergefields mergevars customattributes attributes names name "
    "custom customfields customfield customfieldvalues fieldvalues userfields contactfields "
    "personfields formfields additionalfields extrafields datafields contact person profile "
    "individual personalinfo personalinformation personaldetails contactinfo contactinformation "
    "contactdetails basicinfo general details info data values metafields"
)
"""Names of objects that say nothing of what is in them."""
METHODS = (
    "communication communications contactmethods contactpoints contactinfo contactdetails channels "
    "handles identities telecom"
)
"""The same for lists of ways to reach somebody, which only their labels distinguish."""
FLAT_WRAPPERS = "properties property fields mergefields customattributes customfields names"
"""Those that also stand before a name without a separator between, as flattening makes them."""
PERSONS = "person contact lead prospect candidate customer employee member subscriber"
"""What stands before the names of all columns in some tables of people."""

IDS = ("ownerid", "customerid")
"""Ids that are the destination's at the top of a record only; in an object they are another's."""
