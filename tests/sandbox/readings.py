"""Name the readings of each API: where the documents leave room, what else they may mean.

Without readings a sandbox takes what its own module says. Each reading changes one point, and most
can be combined. The brackets name the place in the notes on the API, which were made from the
vendor's public pages: a section, and a line or a row in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

BAS_IP = {
    "bulk_link": "The bulk call, its list and the deletion are under /contacts/items/link; a POST "
    "to bare /contacts creates one contact. [Base URL: bulk path, readings 1 and 2]",
    "bulk_contact_link": "As bulk_link, but under /contact/items/link. [Base URL: bulk path, 1]",
    "api_v1": "The API is under /api/v1. [Base URL: panels use v1]",
    "info_panel": "/api/info has the ten fields of panels. [Authentication: GET /api/info]",
    "list_404": "A list that is not served is a 404, not a 405. [Read, list: no list page found]",
    "ranges": "Inner numbers keep the ranges, not the regexes. [Contact fields: inner numbers]",
    "sip_documented": "A SIP user may have `_` but no comma, a host label `_`, and only an IPv4 "
    "host a port. [Contact fields: SIP]",
    "sip_literal": "As sip_documented, but without a port after an octet of 200 or more, and "
    "without labels such as a1b. [Contact fields: read literally]",
    "android_room": "Names have any length, and 1000 contacts fit. [Contact fields: name; Room]",
    "full_refuses_call": "A call with more new contacts than fit is a 400 as a whole. "
    "[Room: full book's answer is unknown, panels name Identifiers exceeded]",
    "type_global": "Contacts may be of type global. [Contact fields: type, newest Android]",
    "type_p2p": "Contacts may be of type p2p. [Contact fields: type, camdroid from 1.1.0]",
    "one_default": "A contact with is_default takes it from the others. [Contact fields: ONE]",
    "md5_lower": "The MD5 of a sign-in is taken in lower case only. [Authentication: PHP]",
    "md5_upper": "The MD5 of a sign-in is taken in upper case only. [Authentication: GYM]",
    "flags_stay": "An update keeps the flags left out. [Unproven: omitted flags]",
    "link_id_ignored": "The device ignores the caller's link_id, answers null and creates anew. "
    "[Unproven: caller's link_id; Upsert: null by default]",
    "delete_bare": "With bulk_link or bulk_contact_link: the deletion is under bare /contacts. "
    "[Read, list, delete: its path is inferred]",
    "unknown_refuses_call": "A deletion that names a link_id that is not there is a 400 as a "
    "whole, and deletes nothing. [Read, list, delete: Android by the shared schema]",
    "delete_204": "A deletion is answered by 204 without a body. [Read, list, delete: DEL-C]",
    "delete_405": "There is no call that deletes. [Read, list, delete: its path is inferred]",
    "delete_list_items": "The ids are under list_items, as in the upsert. [Read, list, delete]",
    "delete_no_result": "A deletion is answered by an empty object. [Read, list, delete: DEL-C]",
    "delete_success": "It is answered by success alone. [Read, list, delete: DEL-C]",
    "delete_empty_result": "It is answered by an empty result. [Read, list, delete: DEL-C]",
    "delete_tells_done": "The answer names only what was deleted. [Upsert: one entry an item]",
    "delete_tells_failures": "The answer names only what was not. [Upsert: one entry an item]",
    "delete_upper": "The answer has the ids in upper case. [Upsert: link_id is a uuid]",
    "delete_braces": "The answer has the ids in braces. [Upsert: link_id is a uuid]",
    "delete_no_info": "The answer's extended_info is null. [Upsert: extended_info]",
    "delete_text_flags": "The answer's success is text. [Upsert: success]",
    "delete_unknown_done": "What is not there counts as deleted. [Read, list, delete: DEL-C]",
    "camdroid_errors": "Errors are objects with code, message and data. [Read, list: DEL-C]",
}

VALOMNIA = {
    **{
        f"no_credentials_{status}": f"An ended session is JSON no_credentials at status {status}. "
        "[Authentication: missing or ended session, HTTP status unknown]"
        for status in (200, 400, 401, 403, 500)
    },
    "deprecated_version": "The sign-in warns of a deprecated version. [Authentication: warning]",
    "sign_in_json": "The sign-in answers in JSON without a redirect. [Authentication: may be 302]",
    "v2_1": "Contacts are under v2.1 alone. [Endpoints: VERSION]",
    "sort_id_refused": "sort=id is a 400 invalid_param_type. [Listing: id not named]",
    "update_blanks": "An update blanks the fields left out. [Contact: whether others stay]",
    "max_refused": "max above 100 is a 400 invalid_param_type. [Listing: upper bound unknown]",
    "max_30": "A page holds 30 at most, which it echoes. [Listing: upper bound unknown]",
    "total_of_all": "paging.total counts all, whatever the filter. [Listing: total, filters]",
    "max_1000": "max goes up to 1000 and is echoed so. [Listing: upper bound unknown]",
}

ZOHO_VOICE = {
    "extra_400": "An extra parameter is HTTP 400 ZVT010. [2: unknown parameters are not ignored]",
    "contact_query": "contact is a parameter of the query; a form body is HTTP 400 ZVT010. "
    "[2: query or form parameter]",
    "put_keeps": "A PUT keeps what is left out. [3: kept or blanked is unknown]",
    "reads_status": "Reads show contact_status. [3: contact_status in no read sample]",
    "zvt0052_401": "A dead token is ZVT0052 at HTTP 401. [5: HTTP status of an error is unknown]",
    "invalid_token_401": "A dead token is INVALID_TOKEN at HTTP 401. [5: CRM]",
    "unknown_code_401": "A dead token is a code nobody lists at HTTP 401. [5: whatever the code]",
    "no_permission_403": "Each write is NO_PERMISSION at HTTP 403. [5: CRM]",
    "scope_mismatch_401": "Each write is OAUTH_SCOPE_MISMATCH at HTTP 401. [5: CRM]",
    "scope_mismatch_403": "Each write is OAUTH_SCOPE_MISMATCH at HTTP 403. [5: status unknown]",
    "unknown_code_403": "Each write is a code nobody lists at HTTP 403. [5: whatever the code]",
    **dict.fromkeys(
        ("delete_number", "delete_object", "delete_list", "delete_null"),
        "What a deletion answers under contacts is of this form. [3: contacts after delete]",
    ),
    "delete_204": "A deletion is HTTP 204 without a body. [3: contacts after delete]",
    "delete_empty": "A deletion is HTTP 200 without a body. [5: empty bodies]",
    "delete_code_number": "The code of a deletion is a number. [3: code is text]",
    "delete_code_204": "The code of a deletion is 204. [5: success is not always 200]",
    "delete_405": "There is no call that deletes. [1: delete]",
    "delete_in_use": "Each deletion is refused by a code nobody lists. [5: codes never listed]",
    "delete_scope_401": "The token may not delete, at HTTP 401. [1: a scope of its own]",
    "delete_forbidden_403": "The token may not delete, at HTTP 403. [1: a scope of its own]",
    "delete_unknown_done": "Deleting what is not there is a success. [5: unknown id]",
    "delete_to_trash": "A deleted contact can still be read by its id. [1: no restore listed]",
    "unknown_404": "A contact that is not there is HTTP 404. [5: code for an unknown id]",
    "newest_first": "The list begins with the newest. [4: order of the list]",
    "shuffled": "The list has no order that tells anything, but always the same one. [4: order]",
    "default_size_50": "A list without size has 50 contacts, not ten. [4: default when missing]",
    "size_capped": "A size above 50 counts as 50 and is not refused. [4: behaviour above 50]",
    "total_uncounted": "meta.total is -1 even with totalCount=true. [4: meta.total]",
    "empty_missing": "An empty page has no contacts key. [4: empty list shape]",
    "empty_error": "An empty page is an error code. [4: empty list shape]",
    "token_errors_400": "Failures of the token endpoint are HTTP 400, not 200. [7: failures]",
    "other_centre_client": "The client is unknown to the accounts server. [8: one data centre]",
    "other_centre_token": "The API knows no token: HTTP 401. [8: tokens belong to one centre]",
}

PORTERS = {
    "several_ids": "P_Id:or=1:2 asks for several contacts. [4.1: the notes contradict each other]",
    "ended_token_404": "A token that has ended is code 404 at HTTP 404. [2.3: code 404]",
    "status_200": "Failures of a request have HTTP 200. [2.2: code 103 with HTTP 200]",
    "contact_root": "Failures have the resource as root, not System. [2.2: porters-connect]",
    "root_100": "An unknown field in one item refuses the request with 100. [2.2: root codes]",
    "root_101": "A required field missing in one item refuses the request with 101. [2.2]",
    "root_103": "A bad value in one item refuses the request with 103. [2.2, 2.3: code 103]",
    "rollback": "A failing item undoes the others, which have code 302. [2.2: rolls back]",
    "failed_id_empty": "The Id of a failed item is empty. [2.2: what Id holds is unknown]",
    "field_gone": "The customer has deleted P_Fax and P_Reading. [2.3: 100, a field deleted]",
    "order_refused": "order is code 100. [4.2: whether Contact allows both is unproven]",
    "range_refused": "A range of P_Id is code 100. [4.2: whether Contact allows both is unproven]",
    "own_fields_400": "The customer has added 400 fields with machine-made names. [3: U_ and A_]",
    "line_limit": "A request line over 8,190 bytes is HTTP 414 without XML. [5: request length]",
    "bare_aliases": "Field Read writes aliases without the resource. [3: P_Alias]",
    "option_root": "Reads wrap options in OptionRoot. [4.2: option wrapper]",
    "reference_plain": "A reference read without () is a plain id. [4.2: shape is unclear]",
}

COBAI = {
    "pages_link": "Lists come in pages of 20 with atom:link rel=next. [0: pages, or a cut list]",
    "pages_number": "Lists come in pages of 20, the others by page=2, 3, ... [0: pages]",
    "pages_404": "As pages_number; a page behind the last is a 404. [0: pages]",
    "pages_again": "As pages_number; a page behind the last is the last one again. [0: pages]",
    "more_required": "gender, role and ignoreAssortment are required, too. [4: mandatory, maybe]",
    "any_order": "The elements of a contact may stand in any order. [4: order of requests]",
    "table_order": "The elements stand in the order of the table. [4: order of requests]",
    "cut_values": "Overlong values are cut, not refused. [4: overlong values]",
    "put_resets_password": "A PUT without webPassword resets it. [0: PUT replaces all]",
    "put_needs_password": "A PUT without webPassword is a 400. [8: whether a PUT needs it]",
    "put_merges": "A PUT changes only what is sent. [1: update contact]",
    "put_200": "A PUT answers 200 with the contact, not 204 without a body. [5: expect the same]",
    "no_contact_list_405": "Listing a customer's contacts is a 405. [1: list contacts]",
    "no_contact_list_404": "Listing a customer's contacts is a 404. [1: list contacts]",
    "signed_query": "The signature covers the query. [2: URL-Normalform]",
    "bad_signature_401": "A bad signature is a 401, not a 403. [2: status is unknown]",
    "user_name_shared": "Several contacts may have one webUserName. [4: uniqueness]",
    "bad_request_text": "A 400 is plain text without a document. [5: BadRequest's shape]",
}

READINGS: dict[str, dict[str, str]] = {
    "bas_ip": BAS_IP,
    "valomnia": VALOMNIA,
    "zoho_voice": ZOHO_VOICE,
    "porters": PORTERS,
    "cobai": COBAI,
}
"""By API and name of the reading, one sentence that says what differs, and where the notes do."""

_OTHER = {
    "bas_ip": "bulk_link api_v1 info_panel ranges sip_documented android_room full_refuses_call "
    "type_global one_default flags_stay delete_upper delete_no_info",
    "valomnia": "no_credentials_200 deprecated_version v2_1 sort_id_refused update_blanks "
    "max_refused",
    "zoho_voice": "extra_400 put_keeps reads_status invalid_token_401 shuffled default_size_50 "
    "total_uncounted empty_missing token_errors_400 delete_number delete_to_trash",
    "porters": "ended_token_404 status_200 contact_root root_100 root_101 root_103 "
    "failed_id_empty field_gone order_refused own_fields_400 line_limit bare_aliases option_root "
    "reference_plain",
    "cobai": "pages_link more_required put_resets_password put_200 signed_query bad_signature_401 "
    "user_name_shared",
}
OTHER = {api: frozenset(names.split()) for api, names in _OTHER.items()}
"""The reading `other`: readings of each API that fit together and leave it usable."""
EVERY: dict[str, dict[str, frozenset[str]]] = {
    "documented": dict.fromkeys(READINGS, frozenset()),
    "other": OTHER,
}
"""What `--reading` can name."""


def known(api: str, names: Collection[str]) -> frozenset[str]:
    """Return the names of readings; ValueError if the API has none of that name."""
    if unknown := set(names) - READINGS.get(api, {}).keys():
        message = f"{api} has no readings {sorted(unknown)}"
        raise ValueError(message)
    return frozenset(names)
