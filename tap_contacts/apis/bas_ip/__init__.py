"""BAS-IP indoor monitors, the phone book of a door intercom; no page documents how to list it."""
