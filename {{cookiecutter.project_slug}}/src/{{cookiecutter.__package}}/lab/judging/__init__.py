"""A change to the model, judged against the champion without training: who that is, the verdict, the report."""
