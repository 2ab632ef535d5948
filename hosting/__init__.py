"""What whoever runs a server is concerned with: its beginning and its end.

Nothing here loads the program with the server, which answers before that; each module imports of it
what it needs when it is asked.
"""
