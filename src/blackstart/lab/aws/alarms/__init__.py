"""CloudWatch's metric alarms, evaluated for real: by what the lab measures, in the regions that have power."""
