"""What the lab writes into MLflow's registry and production reads there: names, records, versions."""
