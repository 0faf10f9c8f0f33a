"""Structural-social-work report (rakenteellinen sosiaalityö): facts from tables, words from catalogues."""
