"""What is measured, and how: ``python -m benchmarks``.

=================  ==========================================================================
``contenders``     an application on a server
``loads``          what is done to it for a turn
``cases``          what is compared with what
``plan``           all cases, and how long they take
``stage``          databases with users in them, near or far, and the cookies of these users
``turns``          A B A B: the turns of a case, and what the processes used
``results``        figures, medians, spread; to and from JSON
``machine``        where and with which versions
``relay``          a TCP connection to something that is some milliseconds away
=================  ==========================================================================
"""
