"""Post → Reading."""
