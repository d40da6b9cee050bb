"""Whether this week's questions and answers still look like those of the weeks before."""
