"""The gate between a challenger and the champion: who is met, the rules, the verdict."""
