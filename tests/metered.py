"""What this process has counted, as Prometheus would be told."""

from shared.runtime.metrics import REGISTRY


def metric(name: str, **labels: str) -> float:
    """The value of a sample; 0 if there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def is_told(name: str, **labels: str) -> bool:
    """There is such a sample."""
    return REGISTRY.get_sample_value(name, labels) is not None
