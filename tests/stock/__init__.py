"""What this package is measured against: a tap as the SDK's own template makes it."""
