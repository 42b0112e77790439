"""Figures of tables: what is drawn (pictures), where (scale), and how (draw, marks, lettering)."""
