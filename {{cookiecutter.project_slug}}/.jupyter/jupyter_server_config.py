"""Jupyter's settings for this project alone; nothing in the home folder is read for them or written."""

c = get_config()  # noqa: F821 - Jupyter puts it there

# What cells and kernel tell each other is encrypted where the kernel can do it; ipykernel warns otherwise.
c.KernelManager.transport_encryption = "auto"
