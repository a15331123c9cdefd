"""The commands of `live`, by what they are about. Each imports what is heavy only when it is called."""
