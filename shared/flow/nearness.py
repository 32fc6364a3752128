"""How far two words are apart."""

FAR = 3


def distance(one: str, other: str) -> int:
    """The letters to add, drop, change or swap with their neighbour; `FAR` for that many or more.

    Source: F. J. Damerau, A technique for computer detection and correction of spelling errors
    (1964), as the restricted edit distance.
    """
    if abs(len(one) - len(other)) >= FAR:
        return FAR
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, match in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != match))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return min(row[-1], FAR)
