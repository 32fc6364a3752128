"""The sources that an answer names, as its outcome keeps them.

They are read from the turns, which the log has: whichever execution ends the attempt, they are the
same, whatever was told of them on the way.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.agent_worker.outcome import Output
from shared.run.content import CitationAt

MOST_CITATIONS = 200
MOST_BYTES = 64 * 1024
LONGEST_CITED = 1_000


def sourced(output: Output, citations: Iterable[CitationAt]) -> Output:
    """The output with the first of its citations that fit, each once, and how many do not.

    Of a typed answer, which is the last turn's alone, one of a turn before is for the whole.
    """
    each_once = list(dict.fromkeys(_kept(each, len(output.text)) for each in citations))
    kept, left = 0, MOST_BYTES
    for each in each_once[:MOST_CITATIONS]:
        left -= len(each.model_dump_json().encode())
        if left < 0:
            break
        kept += 1
    return replace(
        output, citations=tuple(each_once[:kept]), citations_left_out=len(each_once) - kept
    )


def _kept(each: CitationAt, longest: int) -> CitationAt:
    short = {"cited_text": each.citation.cited_text[:LONGEST_CITED]}
    return CitationAt(
        offset=min(each.offset, longest), citation=each.citation.model_copy(update=short)
    )
