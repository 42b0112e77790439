"""The scorers as metrics of the `evaluate` library; they need no hub."""
