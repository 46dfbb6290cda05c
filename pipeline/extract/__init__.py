"""bytes -> pages: one file per format, chosen by content in `formats`, run in a killable worker."""
