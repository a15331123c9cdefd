"""A release of an image: two colours behind a proxy, a canary between them, and the way back."""
