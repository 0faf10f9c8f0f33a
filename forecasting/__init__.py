"""Need forecasting: rates, population, joint draws, monthly series, nowcast, backtest, drivers, backlog.

Plain tables in, plain tables out. Knows nothing of Dagster, of files or of Finland.
"""
