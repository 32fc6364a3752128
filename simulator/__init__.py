"""A scripted model provider over HTTP: for people without a key, tests and benchmarks.

    request -> markers -> script -> answer -> plan -> stream
    (HTTP)     (words in   (what was (content  (frames) (frames in time,
               the prompt)  asked)    blocks)            failures, hang-ups)

Everything left of `stream` is pure: the same request gives the same words.

Two dialects tell the same answers: anthropic (the Messages API) and openai (Chat Completions). A
request of either is read into one form; the blocks composed for it are told in its own events.
"""
