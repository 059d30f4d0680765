"""A fake Xero: its sign-in, its limits, and the accounting API of one or more organisations."""
