"""The applications below are ported and run by test_applications: they are not tests of ours."""

collect_ignore = ["applications"]
