"""Send requests to one account: sign in, keep to the rate, retry, judge answers."""
