"""The model providers a worker can speak to: one Protocol, a room for each that keeps it.

    provider   what every provider is: a request in, events of ours out, a cause for what breaks
    causes     the codes of what breaks, and how long a provider asks to wait
    known      the providers of this worker, by name
    opening    those of the settings, made ready
    transport  how a call breaks on the way, whichever provider it was made to
    border     what makes a value from outside one of ours: typed, bounded, clean
    sse        bytes of an event stream into events

Only a provider's own room reads what it sends: behind it everything has a type, a bound and texts
that every store can keep.
"""
