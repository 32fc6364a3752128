"""A scripted Anthropic Messages API over HTTP: for people without a key, tests and benchmarks.

    request -> markers -> script -> answer -> plan -> stream
    (HTTP)     (words in   (what was (content  (frames) (frames in time,
               the prompt)  asked)    blocks)            failures, hang-ups)

Everything left of `stream` is pure: the same request gives the same words.
"""
