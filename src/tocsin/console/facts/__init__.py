"""What is known, as JSON-ready values: the API answers with these, and the pages show them."""
