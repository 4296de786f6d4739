"""Web pages and the HTTP API of a desk. The pages show what the API gives; neither computes a
score or a reason.
"""
