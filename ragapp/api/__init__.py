"""The JSON API that programs use: who calls, how errors read, and the one place where its parts are put together."""
