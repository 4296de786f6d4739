"""Pages for people; each shows facts that the API gives too."""
