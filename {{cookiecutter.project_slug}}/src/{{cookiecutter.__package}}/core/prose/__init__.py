"""What the notebooks say of their data in words: sentences made from numbers, so that they stay true for any table."""
