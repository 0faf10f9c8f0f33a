"""Paged reports: one neutral model of blocks, printed as an accessible HTML page and as a tagged PDF."""
