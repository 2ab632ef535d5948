"""What the pages share: the frame, the open run, live pictures, words and downloads."""
