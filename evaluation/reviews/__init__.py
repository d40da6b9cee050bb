"""Which answers reviewers look at, what they decide, and what is learnt from it."""
