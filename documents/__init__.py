"""Documents: their versions, their rights, how they are read, indexed and found."""
