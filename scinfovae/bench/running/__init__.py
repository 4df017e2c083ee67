"""Doing runs and watching them: load, preprocess, fit, cluster, score, record."""
