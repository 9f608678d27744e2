"""One chat on the screen: its controller, reply queue, draft and slash commands."""
