"""The applications below are ported and run by test_applications: they are no tests of ours."""

collect_ignore = ["applications"]
