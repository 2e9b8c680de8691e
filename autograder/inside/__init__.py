"""What runs next to a student's code, inside the sandbox.

This folder alone is shown to the sandbox, read-only, as the package ``inside``. It holds no
verdict, no expected value and no test, and imports nothing of ours but ``course``.
"""
