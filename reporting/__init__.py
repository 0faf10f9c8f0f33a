"""Data goes out: disclosure control, texts (fi sv en), charts, workbook, web pages, PDF, delivery.

Reads published tables only; computes no forecast and no score.
"""
