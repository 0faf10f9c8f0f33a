"""Data comes in: one module per source, all returning the contract tables of `sources.contracts`.

Reading, cleaning, pseudonymising and gating belong here; forecasting, rules and reports do not.
"""
