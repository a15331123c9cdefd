"""Running notebooks in kernels of their own, and keeping count of what came to its end."""
