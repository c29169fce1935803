"""What `inkchat doctor` looks at: each module examines one thing and yields findings.

Nothing is changed, and nothing is paid for, but by `live` when a person has said so.
"""
