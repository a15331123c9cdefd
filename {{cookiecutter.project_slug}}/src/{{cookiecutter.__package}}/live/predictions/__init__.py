"""What was answered: noted by each process as it answers, and kept as Parquet by day."""
