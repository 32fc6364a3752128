"""The agent worker: takes ready steps from its pools' queues and executes them.

    delivery -> context (one read) -> verdict -> started -> kind -> finished -> ack

The log decides: a step has one `finished` an attempt, whoever races, so a worker may die, freeze
or be asked twice at any point. What a kind of step does is in `kinds`, the model call in `model`.
"""
