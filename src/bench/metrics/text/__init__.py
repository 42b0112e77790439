"""What the scores of texts are made of."""
