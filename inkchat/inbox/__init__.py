"""From a file that appears in a folder to bytes that are ours.

Four steps, and none trusts the one before it more than it must:

    bell ──▶ scan ──▶ settle ──▶ claim

`bell`    wakes us. Events are lost, doubled and late, so nothing is concluded from one.
`scan`    lists the inbox; the listing is the truth, at start as at any other time.
`settle`  waits until a file has stood still, nobody writes to it, and it looks whole.
`claim`   copies it into the private store while hashing; the hash is the drop's identity.

Beside them, `names` knows which files are never notes, `whole` what the end of a finished
file looks like, `mounts` on which file systems the changes of others go unnoticed, and
`watches` how many folders the kernel really watches for us.
Nothing here writes under an inbox. Import the modules one by one: only `bell` loads watchdog.
"""
