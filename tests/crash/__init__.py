"""The crash laboratory: the target killed and disturbed at any instant, judged by the sandbox."""
