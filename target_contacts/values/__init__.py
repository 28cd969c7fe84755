"""Say what one value means: text, names, phone numbers, countries, dates."""
