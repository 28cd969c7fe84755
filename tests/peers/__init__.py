"""Do with dlt and drt what tap and target do, as their documentation has it, to compare.

They run in environments of their own (`make .venv-peers/installed`), without this project.
"""
