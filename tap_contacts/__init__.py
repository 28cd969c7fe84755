"""Stream contacts and contact statuses out of Zoho Voice and cobai."""
