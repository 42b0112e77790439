"""What the stages of a run do in another way for each kind of task."""
