"""A few fixed questions a day for each language model: whether it is still the one that was tested."""
