"""Write contacts into PORTERS (HRBC)."""
