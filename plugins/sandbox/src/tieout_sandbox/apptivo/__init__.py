"""The fake Apptivo: records in their own wire shape, behind the calls of docs/facts/apptivo.md, "Actions"."""
