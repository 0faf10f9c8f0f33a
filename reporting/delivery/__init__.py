"""Delivery: what each recipient of the county file may see, once per edition, by e-mail or into a folder."""
