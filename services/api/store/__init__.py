"""The api's own tables: definitions, each row under its workspace."""
