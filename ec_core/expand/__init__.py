"""Expand: students that learn to give the teacher's answers, and how they are helped."""
