"""Locust's people, who hardly wait and do everything equally often: in a few seconds there is some of each."""

from __future__ import annotations

from locust import between

from benchmarks.load import locustfile


class HurriedPerson(locustfile.Person):
    """A person who opens one page after the other."""

    wait_time = between(0.1, 0.2)


HurriedPerson.tasks = list(dict.fromkeys(HurriedPerson.tasks))  # which has a task as often as it weighs
