"""Fine-tuning methods: what changes a frozen model, and nothing about tasks."""
