"""The pictures of the notebooks: `data` draws tables, `model` draws what a model does with them."""
