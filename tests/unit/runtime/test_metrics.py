"""The histogram that is ours tells what the library's would."""

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import HistogramMetricFamily

from shared.runtime.metrics import SECONDS, QuickHistogram, QuickSeconds, declared, exposition

OBSERVED = (0.0, 0.0009, 0.001, 0.0011, 0.3, 0.3, 300, 301)


def test_a_quick_histogram_tells_what_the_librarys_does() -> None:
    theirs = CollectorRegistry()
    histogram = Histogram("h_seconds", "h", ["kind"], buckets=SECONDS, registry=theirs)
    ours = QuickSeconds()
    for seconds in OBSERVED:
        histogram.labels("a").observe(seconds)
        ours.observe(seconds)
    family = HistogramMetricFamily("h_seconds", "h", labels=["kind"])
    ours.add_to(family, "a")
    told = {(s.name, s.labels["kind"], s.labels.get("le")): s.value for s in family.samples}
    expected = {
        (s.name, s.labels["kind"], s.labels.get("le")): s.value
        for metric in theirs.collect()
        for s in metric.samples
        if not s.name.endswith("_created")
    }
    assert told == expected


def test_it_is_served_and_listed_from_the_start() -> None:
    made = QuickHistogram("quick_tests_seconds", "Tests.", "kind", ("a", "b"))
    made.seconds["a"].observe(0.002)
    body = exposition().decode()
    assert 'penstock_quick_tests_seconds_bucket{kind="a",le="0.0025"} 1.0' in body
    assert 'penstock_quick_tests_seconds_count{kind="b"} 0.0' in body
    assert "penstock_quick_tests_seconds" in {each.name for each in declared()}
