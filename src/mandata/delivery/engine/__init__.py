"""The sending engine: worker processes that claim, fill, journal, send and settle (design decision 10).

    supply thread   claims chunks, opens identities, settles outcomes, keeps leases    one database connection
    main thread     fills messages and runs the transport's loop                       no database

They meet in `desk.Desk`: letters one way, outcomes the other. `worker.Worker` is one process's engine; `pool` starts
and stops processes; `python -m mandata.delivery.engine` is the process.
"""
