"""The Messages API: its requests held against its models, its errors, events and answers."""
