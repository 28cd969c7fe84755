"""Write contacts into BAS-IP monitors."""
