"""The soak: an hour's worth of everything at a modest rate, to see that nothing grows.

``browser``  a client that keeps its cookies and its connection
``people``   what people do, and what they must be answered
``load``     so many of them at a stated rate, and what they saw
``watch``    memory, descriptors, threads and database connections of the server, every few seconds
``verdict``  what is flat, and what is not
``report``   JSON and Markdown
"""
