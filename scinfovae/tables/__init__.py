"""Tables of finished runs: they read the store or its export and train nothing."""
