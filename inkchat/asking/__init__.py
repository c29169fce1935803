"""One note put to the providers: who is asked, with what memory, and within what budget."""
