"""What is written onto the records of an app."""
