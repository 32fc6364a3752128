"""The Chat Completions API: its requests, errors, chunks and answers."""
