"""Dagster only: definitions, partitions, resources, checks, jobs, schedules, sensors.

Assets wire the libraries together; a calculation does not belong here.
"""
