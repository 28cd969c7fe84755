"""Remember which contact of the destination each record became."""
