"""Tests that share what they set up run in one process: else it is set up again in each."""

import pytest


def test_a_files_tests_are_one_group_to_xdist(request):
    if not hasattr(request.config, "workerinput"):
        pytest.skip("all tests run in one process")
    if not request.config.option.loadgroup:
        pytest.skip("groups are kept together by --dist loadgroup, which was not asked for")
    assert request.node.nodeid.endswith(f"@{request.path}")
