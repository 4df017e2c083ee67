"""The store: records of runs, the index over them, and what is read out of them."""
