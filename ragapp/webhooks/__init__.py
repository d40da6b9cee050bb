"""Messages to other systems about what happened here: ids and no text, signed, tried again until they arrive."""
