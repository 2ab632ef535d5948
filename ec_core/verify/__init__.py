"""Verify: the certificate, decided without the teacher, and the match with a known one."""
