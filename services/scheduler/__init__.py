"""The scheduler: works partitions of the log; every rule of what happens next is in `shared.run`.

    ownership   which partitions this instance works
    partition   deliveries of one partition -> actors -> facts -> ack
    actor       one run: its state, and what it has asked for already
    firing      timers that fired become facts
    sweep       unfinished runs that nobody moved: what they owe is asked for again

Recovery is the ordinary path: a fact that was not acked comes again, its run is folded anew, and
what it owes is appended; the log refuses what stands there already.
"""
