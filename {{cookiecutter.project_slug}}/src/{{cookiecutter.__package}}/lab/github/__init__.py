"""What the workflows say on GitHub: one comment, one issue, one pull request, and never a second of them."""
