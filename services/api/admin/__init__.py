"""What admins see and stop, in all workspaces."""
