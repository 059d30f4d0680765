"""The settings page of Tieout: everything a bookkeeper does, in a browser, and the same as a JSON API."""
