"""Personal data: erasing people, telling them what is known, and forgetting who did what long ago."""
