"""What every page has: navigation, the frame around its body, theme, words and numbers."""
