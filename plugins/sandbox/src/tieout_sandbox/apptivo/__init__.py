"""The fake Apptivo: records in their own wire shape, behind the calls of facts/apptivo.md section 2."""
