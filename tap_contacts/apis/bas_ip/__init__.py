"""BAS-IP indoor monitors: settings, sign-in and error codes."""
