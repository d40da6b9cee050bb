"""Small parts without knowledge of the product; imports nothing of ours."""
