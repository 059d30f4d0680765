"""What a plugin may import, under the names of `tieout`, and what the storeys above share with it."""
