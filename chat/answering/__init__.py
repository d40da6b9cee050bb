"""guard → rewrite → retrieve → compose → generate → cite → check → store; `pipeline` names them in order."""
