"""Process life: settings, logging, metrics, health, signals; the same for every service."""
