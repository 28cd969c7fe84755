"""Write contact records into PORTERS, cobai, Valomnia, BAS-IP and Zoho Voice."""
