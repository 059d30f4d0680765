"""The records of an app, as the shared types."""
