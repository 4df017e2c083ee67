"""Figures: readers of the store; they train nothing."""
