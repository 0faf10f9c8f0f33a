"""Record quality: rule catalogue, one-pass engine, expectations, deadlines, phases, scores, control charts.

Judges documents as plain tables; never keeps a value from one. Knows nothing of Dagster.
"""
