"""What outlives a process: tasks whose worker died are seen, and taken up again by another."""
