"""What this machine makes of Penstock: `make bench`, or `python -m bench --help`.

    __main__     options, the rows asked for, the table, the JSON
    rows/        one module for each thing that is measured; `rows.MEASUREMENTS` lists them
    ground       what a row works on: its options, a stack of its own, clients
    stack        `penstock up` on a temporary directory
    processes    CPU and memory of every part of it
    client       work done in a process of its own, so that it costs the measured ones nothing
    connection   HTTP/1.1 on one connection, as cheap as Python makes it
    load, follow what clients do: hold many runs in flight; follow one run after the other
    traverse     the same: follow one run of very many steps
    cancelling   the same: let runs come to a point and cancel them there
    readers      the same: be many readers, each on a connection of its own
    calls        a model's answers taken bare, and through a worker
    flow, graph  what is run
    talk         an agent that says so many chunks, and what its readers must have heard
    measured     numbers with their floor and goal
    report       the table and the file

Everything goes through the public contracts: HTTP, server-sent events, `live.` subjects.
"""
