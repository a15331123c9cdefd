"""Arrow as a content type for many rows: what of pyarrow's reading is safe to do, checked before it is done."""
