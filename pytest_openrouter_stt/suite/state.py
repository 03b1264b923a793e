"""Many calls with one client: in threads, in tasks, after errors, and after it is closed."""
