"""Who works which partition."""

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.ownership import owned_by, owner_of

names = st.sets(
    st.text(st.characters(codec="ascii"), min_size=1, max_size=8), min_size=1, max_size=6
)


@given(names, st.integers(1, 64))
def test_every_partition_has_one_owner(instances: set[str], partitions: int) -> None:
    owned = [owned_by(name, partitions, instances) for name in instances]
    assert sorted(number for share in owned for number in share) == list(range(partitions))


@given(names, st.integers(0, 63))
def test_everyone_names_the_same_owner_whatever_order_they_heard_of_the_others(
    instances: set[str], partition: int
) -> None:
    heard = sorted(instances)
    assert owner_of(partition, heard) == owner_of(partition, heard[::-1])


@given(names, st.integers(1, 64))
def test_who_leaves_takes_nothing_from_those_who_stay(instances: set[str], partitions: int) -> None:
    gone, *left = sorted(instances)
    for name in left:
        assert owned_by(name, partitions, instances) <= owned_by(name, partitions, left)
    assert left == [] or sum(len(owned_by(name, partitions, left)) for name in left) == partitions
    assert gone not in left


def test_partitions_are_spread() -> None:
    shares = [
        len(owned_by(f"scheduler-{n}", 64, [f"scheduler-{m}" for m in range(4)])) for n in range(4)
    ]
    assert min(shares) >= 8
