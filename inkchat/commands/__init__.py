"""What a note may ask of inkchat itself: `help`, `session info`, `new session` and others."""
