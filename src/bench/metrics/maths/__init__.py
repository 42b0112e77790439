"""What the graders of mathematics are made of."""
