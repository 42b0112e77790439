"""What training did to the weights, how fast it converged, and where weights have energy."""
