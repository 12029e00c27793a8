"""The load-test kit: what a load generator needs to be many different users of the application.

==================  ==========================================================================
``accounts``        test accounts in bulk, and login sessions for them, straight into the database
``agent``           the browser that all of them say they are
``cookies``         the cookies of these logins, a line each: ``python -m benchmarks.load.cookies``
``visits.lua``      wrk as so many users, with percentiles as JSON
``wrk``             runs it
``retry``           a turn that ended before its first answer is taken again, for longer
``http2``           h2load, for HTTP/2, with percentiles
``open_loop``       requests at a stated rate, whether the server keeps up or not
``websockets``      thousands of websockets, idle and told something
``locustfile``      people: they arrive, log in by the form, browse, use the API, leave
==================  ==========================================================================

``docs/load-testing.md`` shows how to use it. Everything goes to 127.0.0.1 unless told otherwise.
"""
