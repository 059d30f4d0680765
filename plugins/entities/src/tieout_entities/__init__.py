"""The seven kinds of record that a firm's books are made of: one module and one entry point each."""
