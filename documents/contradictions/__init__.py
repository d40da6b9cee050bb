"""Do two pieces of text say the same, or state different values for the same thing? Plain functions over texts."""
