"""Statistics of releases beside each other: numbers in, numbers out."""
