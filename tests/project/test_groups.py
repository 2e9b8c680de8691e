"""Tests that share what they set up run in one process: else it is set up again in each."""

import pytest


def test_a_files_tests_are_one_group_to_xdist(request):
    if not hasattr(request.config, "workerinput"):
        pytest.skip("all tests run in one process")
    assert request.node.nodeid.endswith(f"@{request.path}")
