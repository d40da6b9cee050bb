"""Question sets with their documents; `folder.load` reads the folder form."""
