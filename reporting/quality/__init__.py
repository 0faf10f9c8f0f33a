"""Record-quality report of a county, and the work list that goes to each unit's own lead alone."""
