"""Trained models for other programs: a PEFT folder, or plain weights.

`find` turns a run_id into a record, an adapter and a cell; `restore` loads the trained model;
`peft_folder` writes its `factors`, `merged_folder` its merged weights; `card` says what it is.
"""
