"""parse → clean → redact → chunk → embed → index; `pipeline` names them in order."""
