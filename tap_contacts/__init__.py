"""The tap: stream contacts and their statuses out of the APIs."""
