"""Running notebooks in kernels of their own, and keeping count of what came to its end."""

import sys

# What checks notebooks against their schema would build a grammar of addresses as it is imported, for a second each
# time; no notebook needs it, and jsonschema does without it where it isn't there.
sys.modules.setdefault("rfc3987_syntax", None)
