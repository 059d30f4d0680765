"""Finding out how a firm keeps its records, and proving that it was understood."""
