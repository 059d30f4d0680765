"""How a firm keeps its records, as data: which value lies where, and in what form."""
