"""What a simulated agent says when no marker tells it: in the manner its instructions name.

The manner is found by the first cue in the instructions ("You edit ..." speaks as an editor). What
is said is about the input's subject, quotes from it, and is the same for the same words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

SUBJECT_CHARACTERS = 80
QUOTED_WORDS = 14

_LABEL = re.compile(
    r"^(?:Research notes|Edited|Review|Plan|Summary|In brief|On):\s*", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")


@dataclass(frozen=True, slots=True)
class Manner:
    """How one kind of agent speaks; `{subject}` is put in."""

    cues: tuple[str, ...]
    title: str
    opening: str
    sentences: tuple[str, ...]
    mark: str
    closing: str


RESEARCHER = Manner(
    ("research", "investigat", "analys", "analyz", "find out", "gather", "fact"),
    "Research notes: {subject}",
    "I looked at the question from three sides before settling on what holds.",
    (
        "The plainest explanation accounts for most of what is observed, and it can be checked.",
        "Sources agree on the direction of the effect and differ on its size.",
        "Older accounts overstate a single cause; newer ones weigh several together.",
        "The numbers are firm where somebody measured, and thin where somebody only asked.",
        "What would change this finding is a counter-example, and none turned up.",
        "Scale matters: what is true of one case is diluted over a thousand.",
    ),
    "- ",
    "Open question: how far this carries beyond the cases examined.",
)
WRITER = Manner(
    ("write", "draft", "author", "story", "blog", "essay", "copy", "poet"),
    "# {subject}",
    "Start with something small that anyone has seen, and the rest follows from it.",
    (
        "Look closely and the ordinary version of it turns out to be the strange one.",
        "Nothing here is in a hurry, and yet by evening everything has moved.",
        "It is easy to miss, because it happens in the open.",
        "People noticed long before they could say why, and they were mostly right.",
        "Push on one end and the other end answers, a little late, like a long rope.",
        "There is a pattern in it, though it never draws the same line twice.",
    ),
    "",
    "That is the whole of it: one simple push, repeated until it looks like a plan.",
)
EDITOR = Manner(
    ("edit", "proofread", "polish", "rewrite", "improve", "tighten"),
    "Edited: {subject}",
    "I kept the argument, cut what repeated it, and moved the strongest line to the front.",
    (
        "The opening now says what the piece is about within one breath.",
        "Two sentences that made the same point have become one that makes it well.",
        "Claims are stated once, with the evidence beside them.",
        "Long words gave way to short ones wherever nothing was lost.",
        "The ending no longer summarises; it leaves the reader with the image.",
        "Every paragraph now earns the next one.",
    ),
    "",
    "Ready to publish as it stands.",
)
CRITIC = Manner(
    ("review", "critic", "critique", "judge", "evaluat", "check"),
    "Review: {subject}",
    "The case is sound in outline and uneven in its parts.",
    (
        "The strongest point stands second, where it is easily missed.",
        "One step is asserted where it should be shown.",
        "The tone is right for the reader it has in mind.",
        "A counter-argument is named but never answered.",
        "The example carries more weight than the rule it illustrates.",
    ),
    "* ",
    "Verdict: accept, with the changes above.",
)
PLANNER = Manner(
    ("plan", "organi", "coordinat", "schedul", "outline"),
    "Plan: {subject}",
    "The work falls into parts that can be done side by side and one that cannot.",
    (
        "Settle first what counts as done, so that nobody has to guess.",
        "Do the riskiest part early, while there is time to change course.",
        "Leave the choice that is cheap to reverse for the end.",
        "Give each part one owner and one date.",
        "Look again after the first result, not after the last.",
    ),
    "- ",
    "Next step: begin with the first item and report back.",
)
SUMMARISER = Manner(
    ("summar", "condens", "digest", "shorten", "brief"),
    "In brief: {subject}",
    "Everything that matters fits in a few lines.",
    (
        "The main point is made early and holds to the end.",
        "Two of the details carry it; the others are colour.",
        "Nothing in the rest contradicts it.",
        "What remains uncertain is said to be uncertain.",
    ),
    "",
    "The remainder can be skipped without loss.",
)
ASSISTANT = Manner(
    (),
    "On: {subject}",
    "Here is what I would say to that, in order of importance.",
    (
        "The first thing to settle is what is really being asked.",
        "Most of it has a short answer, and the short answer is the right one.",
        "Where it does not, a small experiment tells more than a long debate.",
        "It helps to name what would change one's mind.",
        "The rest follows from keeping the parts separate.",
    ),
    "",
    "Ask further if one of these needs more room.",
)
MANNERS = (RESEARCHER, WRITER, EDITOR, CRITIC, PLANNER, SUMMARISER)


def answer(instructions: str, text: str, results: Sequence[str] = ()) -> str:
    """A short answer to `text` (and to what tools returned), the same for the same words."""
    manner = manner_of(instructions)
    subject = subject_of(text)
    seed = int.from_bytes(sha256(f"{instructions}\0{text}".encode(errors="replace")).digest()[:8])
    said = [f"{manner.mark}{sentence}" for sentence in _picked(manner.sentences, seed)]
    body = "\n".join(said) if manner.mark else " ".join(said)
    paragraphs = [manner.title.format(subject=subject), manner.opening, *_quoted(text, seed), body]
    if results:
        paragraphs.append("The tools answered: " + "; ".join(result[:200] for result in results))
    return "\n\n".join([*paragraphs, manner.closing])


def manner_of(instructions: str) -> Manner:
    """The manner whose cue comes first in the instructions."""
    lowered = instructions.lower()
    found = [
        (at, manner)
        for manner in MANNERS
        for cue in manner.cues
        if (at := _start_of_word(cue, lowered)) is not None
    ]
    return min(found, key=lambda pair: pair[0], default=(0, ASSISTANT))[1]


def subject_of(text: str) -> str:
    """What a text is about: its first line, without marks and labels, at most 80 characters."""
    line = next((line for line in text.splitlines() if line.strip()), "what was asked")
    subject = _LABEL.sub("", line.strip().lstrip("#>*- ")).strip()
    if len(subject) > SUBJECT_CHARACTERS:
        subject = subject[:SUBJECT_CHARACTERS].rpartition(" ")[0] or subject[:SUBJECT_CHARACTERS]
    return subject.rstrip(".:;, ") or "what was asked"


def _start_of_word(cue: str, text: str) -> int | None:
    match = re.search(rf"\b{cue}", text)
    return match.start() if match else None


def _picked(sentences: tuple[str, ...], seed: int) -> list[str]:
    order = sorted(sentences, key=lambda s: sha256(f"{seed}{s}".encode()).digest())
    return order[:3]


def _quoted(text: str, seed: int) -> list[str]:
    """A line that shows what came in: one sentence of it, and how many passages there were."""
    passages = [passage for passage in text.split("\n\n") if passage.strip()]
    later = "\n".join(passages[1:]) or text
    sentences = [s.strip(" -*#>") for s in _SENTENCE.findall(later) if len(s.split()) > 3]
    if not sentences:
        return []
    words = sentences[seed % len(sentences)].split()
    quote = " ".join(words[:QUOTED_WORDS]) + (" …" if len(words) > QUOTED_WORDS else "")
    source = (
        "what I was given" if len(passages) < 2 else f"the {len(passages)} passages I was given"
    )
    return [f"From {source}: “{quote}”"]
