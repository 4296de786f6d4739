"""Ways to run the pipeline."""
