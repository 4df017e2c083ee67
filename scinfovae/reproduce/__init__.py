"""The paper's claims as checks of finished runs, and checks of the harness that made them."""
