"""What recipients are told: one YAML file for each language."""
