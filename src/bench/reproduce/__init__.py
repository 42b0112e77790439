"""`python -m bench.reproduce TABLE`: run what a published table still lacks, and rebuild it."""
