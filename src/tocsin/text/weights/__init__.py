"""Trained weights; see LICENSE and the model card beside them."""
