"""What is told of a running service besides its answers: log lines and traces."""
