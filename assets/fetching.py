"""Fetching live open data into the data folder, for the command line and for the assets."""
