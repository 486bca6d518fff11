"""The screen: what the pages share. Never imports torch."""
