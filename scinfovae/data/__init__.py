"""Datasets: what exists, how it is fetched and read, and how counts are simulated and prepared."""
