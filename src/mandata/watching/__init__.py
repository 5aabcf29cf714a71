"""Whether the installation is well: readings, metrics for Prometheus, alarms for the operator (design decision 8).

Counts, times and states only: nothing here knows of a person, and no label of a metric names a controller.
"""
