"""The making of the demo model: drawn sheets, dialogues about them, training, export, accuracy."""
